"""Whoever asked is told at an address of its own."""
