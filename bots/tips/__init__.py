"""Tips: kudos for whoever wrote a message, by a reaction or by `tip 10` in an answer."""

from bots.tips.rules import TipRules, marks_of
from bots.tips.tips import Tips

__all__ = ["TipRules", "Tips", "marks_of"]
