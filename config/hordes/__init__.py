"""Which horde the bots ask: the engine in the same process, or another one."""
