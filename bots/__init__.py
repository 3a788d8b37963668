"""The faces of the horde: people summon it here, in words, and are answered exactly once."""
