"""Transfers, holds and the audit of the ledger."""
