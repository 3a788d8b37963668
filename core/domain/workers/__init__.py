"""Workers and teams: what they can do, and the rules they are held to."""
