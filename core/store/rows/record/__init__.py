"""The rows of what happened: events, verdicts, runs of the loops, statistics."""
