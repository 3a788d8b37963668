"""The rows of what people publish and of what moderators keep."""
