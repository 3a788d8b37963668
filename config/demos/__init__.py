"""The demos: a scene that is played once, before the reader's eyes."""
