"""What goes to clients of itself, and what was answered to calls that may come again."""
