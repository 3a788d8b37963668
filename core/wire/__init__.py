"""The HTTP format that servers, workers and clients share: AI Horde API v2 messages, codes, and how a body is read."""

from core.wire.codes import Rc
from core.wire.reading import MalformedBodyError, decode, encode, violations_of

__all__ = ["MalformedBodyError", "Rc", "decode", "encode", "violations_of"]
