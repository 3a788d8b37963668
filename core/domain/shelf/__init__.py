"""Styles and collections that people publish for others to use."""
