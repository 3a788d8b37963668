"""What happened, for whoever reacts."""
