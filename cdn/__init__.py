"""Object stores: where pictures live."""

from cdn.disk import DiskObjects

__all__ = ["DiskObjects"]
