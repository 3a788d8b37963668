"""The API's description of itself, from the table of operations: OpenAPI 3.1, Swagger 2.0, and a page to read."""

from core.api.openapi.reference import REFERENCE, Reference
from core.api.openapi.routes import operations

__all__ = ["REFERENCE", "Reference", "operations"]
