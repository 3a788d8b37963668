"""Metrics for Prometheus: the page, and the collectors of the engine and of this process."""

from core.api.metrics.engine import EngineFigures
from core.api.metrics.page import Metrics, Source
from core.api.metrics.process import ProcessFigures
from core.api.metrics.store import StoreFigures

__all__ = ["EngineFigures", "Metrics", "ProcessFigures", "Source", "StoreFigures"]
