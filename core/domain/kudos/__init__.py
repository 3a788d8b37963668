"""Kudos: the values of the ledger, and the pure rules of who earns and pays what."""
