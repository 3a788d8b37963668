"""What is published and shown to all, and what moderators keep."""
