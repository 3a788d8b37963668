"""How every page is made: one set of templates that escape everything, static files by hash, strict headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ROOM = Path(__file__).parent
STATIC_FOLDER = _ROOM / "static"

CONTENT_TYPES = MappingProxyType(
    {
        ".css": "text/css",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
        ".png": "image/png",
    }
)

YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """One entry of the navigation in the top bar."""

    href: str
    label: str


NAVIGATION = (
    NavigationItem(href="/", label="Timeline"),
    NavigationItem(href="/showcase", label="Showcase"),
    NavigationItem(href="/best", label="Best"),
    NavigationItem(href="/status", label="Status"),
)


class Site:
    """Renders pages. One a process; holds the compiled templates and the hashes of the static files."""

    def __init__(
        self,
        *,
        version: str,
        template_folders: Sequence[Path] = (),
        navigation: Sequence[NavigationItem] = NAVIGATION,
        image_origins: Sequence[str] = (),
    ) -> None:
        """`image_origins` are the other hosts that pictures may come from (a CDN); empty on one machine."""
        self._environment = Environment(
            loader=FileSystemLoader([_ROOM / "templates", *template_folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(static=static_url, version=version, navigation=tuple(navigation))
        self._policy = content_security_policy(image_origins)

    def render(self, template: str, **values: object) -> str:
        """Returns the template's HTML with these values, all of them escaped."""
        return self._environment.get_template(template).render(**values)

    def page(self, template: str, values: Mapping[str, object], *, here: str = "", status: int = 200) -> web.Response:
        """Returns a whole page; `here` is its address in the navigation. It may load nothing from other hosts."""
        return self.html(self.render(template, here=here, **values), status=status)

    def html(self, text: str, *, status: int = 200) -> web.Response:
        """Returns HTML under the site's headers."""
        return web.Response(
            text=text,
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={
                "Content-Security-Policy": self._policy,
                "Cache-Control": "no-store",
                "Referrer-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Opener-Policy": "same-origin",
            },
        )


def content_security_policy(image_origins: Sequence[str] = ()) -> str:
    """Returns the policy that lets a page use this host alone, plus pictures from the origins named."""
    images = " ".join(["'self'", *image_origins])
    return "; ".join(
        (
            "default-src 'none'",
            f"img-src {images}",
            "style-src 'self'",
            "script-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def origin_of(url: str) -> str:
    """Returns scheme, host and port of an absolute URL, or nothing for a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


_HASHES = MappingProxyType(
    {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10]
        for path in sorted(STATIC_FOLDER.iterdir())
        if path.suffix in CONTENT_TYPES
    }
)


def static_url(name: str) -> str:
    """Returns the address of a static file; it changes when the file does. Raises KeyError if there is none."""
    return f"/static/{name}?v={_HASHES[name]}"


async def send_static(request: web.Request) -> web.StreamResponse:
    """The static file of that name is sent, for good if it is asked by its hash."""
    name = request.match_info["name"]
    if name not in _HASHES:
        raise web.HTTPNotFound(text=f"There is no static file {name!r}.")
    known = request.query.get("v") == _HASHES[name]
    return web.FileResponse(
        STATIC_FOLDER / name,
        headers={
            "Content-Type": CONTENT_TYPES[Path(name).suffix],
            "Cache-Control": f"public, max-age={YEAR_S}, immutable" if known else "public, max-age=300",
            "X-Content-Type-Options": "nosniff",
        },
    )
