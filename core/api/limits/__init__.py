"""Rate limits: what the table of operations says about them, and how calls are counted."""

from core.api.limits.limit import By, Limit, Per, a_minute, a_second, an_hour

__all__ = ["By", "Limit", "Per", "a_minute", "a_second", "an_hour"]
