"""The rows of people and their workers."""
