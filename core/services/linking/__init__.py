"""One purse a person: codes, merges, and the way back."""
