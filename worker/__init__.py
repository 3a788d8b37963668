"""The volunteer's program: it speaks HTTP to a horde and knows nothing else of ours."""
