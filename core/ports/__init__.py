"""Protocols for what the engine needs from outside."""
