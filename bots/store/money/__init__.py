"""The rows of tips and pots."""
