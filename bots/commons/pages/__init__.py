"""The timeline on the web: its pages, its routes, and its stream of what is new."""
