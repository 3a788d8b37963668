"""Styles and collections: published, changed, found, used."""
