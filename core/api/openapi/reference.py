"""The documents as they are served: made once, when they are first asked for."""

from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from core.api.openapi.document import openapi_of
from core.api.openapi.page.render import render
from core.api.openapi.swagger import swagger_of
from core.api.operations import Operations


class Reference:
    """The description of one server's API."""

    def __init__(self, operations: Operations, *, version: str, public_url: str) -> None:
        """Hold what is described; nothing is made yet."""
        self._operations, self._version, self._public_url = operations, version, public_url
        self._made: dict[str, bytes] = {}

    def openapi(self) -> bytes:
        """Return OpenAPI 3.1 as JSON."""
        return self._once("openapi", lambda: msgspec.json.encode(self._of(openapi_of)))

    def swagger(self) -> bytes:
        """Return Swagger 2.0 as JSON."""
        return self._once("swagger", lambda: msgspec.json.encode(self._of(swagger_of)))

    def page(self) -> bytes:
        """Return the page for people."""
        return self._once("page", lambda: render(self._of(openapi_of), self._operations).encode())

    def _of(self, describe: Callable[..., dict[str, object]]) -> dict[str, object]:
        return describe(self._operations, version=self._version, public_url=self._public_url)

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


REFERENCE: Final[web.AppKey[Reference]] = web.AppKey("reference", Reference)
