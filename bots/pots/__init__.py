"""Pots: a sponsor pays for what the members of a community ask for, within bounds."""

from bots.pots.paying import Pots
from bots.pots.sponsoring import PotTerms, change_pot, close_pot, give_back, open_pot

__all__ = ["PotTerms", "Pots", "change_pot", "close_pot", "give_back", "open_pot"]
