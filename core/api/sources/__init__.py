"""The pictures that people give to work on: fetched with care, measured, made WebP, kept where workers read them."""

from core.api.sources.addresses import AddressPolicy, is_public_address
from core.api.sources.fetch import SourceFetcher
from core.api.sources.take import Source, Sources

__all__ = ["AddressPolicy", "Source", "SourceFetcher", "Sources", "is_public_address"]
