"""The one grammar of all platforms: a person's text becomes an order, a command, a refusal, or is not for us."""

from bots.grammar.html import text_of_html
from bots.grammar.orders import Command, CommandWord, Lora, NotForUs, Order, Parsed, Refusal, RefusalReason
from bots.grammar.parsing import parse

__all__ = [
    "Command",
    "CommandWord",
    "Lora",
    "NotForUs",
    "Order",
    "Parsed",
    "Refusal",
    "RefusalReason",
    "parse",
    "text_of_html",
]
