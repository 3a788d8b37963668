"""Manners: who is answered, where, and how often; and what is forgotten when someone asks for it."""

from bots.manners.answers import manners_room
from bots.manners.gate import Admitted, Gate, Passed, Rules, Say

__all__ = ["Admitted", "Gate", "Passed", "Rules", "Say", "manners_room"]
