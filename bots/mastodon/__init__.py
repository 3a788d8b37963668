"""Mastodon and what speaks its API: a mention is answered where it was made."""
