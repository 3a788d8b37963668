"""The kinds of work: one file each, and the registry that lists them."""
