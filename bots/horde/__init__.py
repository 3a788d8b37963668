"""What the desk asks of a horde: the port, and the engine in the same process behind it."""
