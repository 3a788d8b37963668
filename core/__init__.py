"""The engine: runs without any bot, any HTTP, any GPU."""
