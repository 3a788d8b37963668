"""Another horde, behind API v2: what the desk asks becomes rows here, and calls over there."""

from bots.horde.remote.access import RemoteAccess
from bots.horde.remote.horde import RemoteHorde
from bots.horde.remote.offers import Offers
from bots.horde.remote.pictures import Checked, Pictures
from bots.horde.remote.work import Pace, RemoteWork

__all__ = ["Checked", "Offers", "Pace", "Pictures", "RemoteAccess", "RemoteHorde", "RemoteWork"]
