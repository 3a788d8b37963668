"""The HTTP API: AI Horde v2's image routes, held pops, progress, and the objects of a local store."""

from core.api.app import create_app
from core.api.context import ApiContext
from core.api.serving import ApiServer, listen, raise_open_files_limit, sweep_seldom

__all__ = ["ApiContext", "ApiServer", "create_app", "listen", "raise_open_files_limit", "sweep_seldom"]
