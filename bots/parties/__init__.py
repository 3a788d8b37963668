"""Parties: threads with a theme, where every guest's first picture is rewarded from the opener's purse."""

from bots.parties.party import Parties

__all__ = ["Parties"]
