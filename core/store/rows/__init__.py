"""The nouns of the store, one table or two each."""
