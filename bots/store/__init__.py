"""The bots' tables in the engine's database, and the only SQL of the bots."""
