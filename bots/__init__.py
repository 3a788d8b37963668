"""The faces: one conversation, one folder a platform."""
