"""The nouns of a transaction: what of each a use case may read, and what it may write."""
