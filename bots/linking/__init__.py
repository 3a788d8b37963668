"""Linking: one purse for a person's names on several platforms."""

from bots.linking.linking import Linking

__all__ = ["Linking"]
