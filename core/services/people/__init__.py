"""Accounts, keys and identities."""
