"""Statistics: what was done, who is there, and what this process counts for itself."""
