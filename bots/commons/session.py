"""Who writes on the timeline: guests and accounts by a signed cookie, programs by an API key, and nobody by forgery."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from bots.platform import Author
from core.domain.errors import InvalidRequest, NotPermitted

COOKIE = "horde_commons"
COOKIE_LIFE_S = 180 * 24 * 3_600
NAME_CHARS_MAX = 24
_GUEST_ID_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The person who looks at the timeline. `id` is what platform events call them: `guest:…` or `account:17`."""

    id: str
    name: str
    account_id: int | None = None

    @property
    def is_guest(self) -> bool:
        """True without an account of one's own."""
        return self.account_id is None

    @property
    def author(self) -> Author:
        """The reader as the platform-free bots know them."""
        return Author(external_id=self.id, display_name=self.name, account_id=self.account_id)


def new_guest() -> Reader:
    """Returns a guest nobody was before."""
    number = secrets.token_hex(_GUEST_ID_BYTES)
    return Reader(id=f"guest:{number}", name=f"guest-{number[:4]}")


def reader_of_account(*, account_id: int, name: str) -> Reader:
    """Returns the reader who has shown the key of this account."""
    return Reader(id=f"account:{account_id}", name=name, account_id=account_id)


def clean_name(name: str, *, taken: frozenset[str]) -> str:
    """Returns a guest's name as it is shown; raises InvalidRequest where it could be taken for someone else's."""
    normal = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", name)
        if unicodedata.category(letter)[0] not in "CZ" or letter == " "
    )
    cleaned = " ".join(normal.split())
    if not 1 <= len(cleaned) <= NAME_CHARS_MAX:
        raise InvalidRequest(
            f"A name has 1 to {NAME_CHARS_MAX} characters, but this one has {len(cleaned)}. Choose another.",
            field="name",
            limit=NAME_CHARS_MAX,
            value=len(cleaned),
        )
    if cleaned.casefold() in taken or "#" in cleaned or "@" in cleaned:
        raise InvalidRequest(
            "This name belongs to the horde, or has an @ or # in it. Choose another.", field="name", value=cleaned
        )
    return cleaned


class Sessions:
    """Signs and reads the cookie and the token that every form carries."""

    def __init__(self, *, secret: bytes, is_https: bool) -> None:
        """`secret` is the horde's own; what is signed here is good for nothing else."""
        self._key = hmac.digest(secret, b"commons session 1", "sha256")
        self._is_https = is_https

    def reader(self, request: web.Request) -> Reader | None:
        """Returns whom the request's cookie proves, None if there is none or it was tampered with."""
        payload, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
        if not payload or not hmac.compare_digest(self._sign(b"reader", payload.encode()).encode(), signature.encode()):
            return None
        try:
            values = json.loads(base64.urlsafe_b64decode(payload))
            return Reader(id=str(values["id"]), name=str(values["name"]), account_id=values.get("account"))
        except (ValueError, KeyError, TypeError, binascii.Error):
            return None

    def remember(self, response: web.StreamResponse, reader: Reader) -> None:
        """The browser that gets this response is this reader from now on."""
        values = {"id": reader.id, "name": reader.name, "account": reader.account_id}
        payload = base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode()
        response.set_cookie(
            COOKIE,
            f"{payload}.{self._sign(b'reader', payload.encode())}",
            max_age=COOKIE_LIFE_S,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._is_https,
        )

    def token(self, reader: Reader) -> str:
        """Returns what forms of this reader carry, so that no other site can send one in their name."""
        return self._sign(b"form", reader.id.encode())

    def check_form(self, reader: Reader, token: str) -> None:
        """Raises NotPermitted unless the token is the reader's own."""
        if not hmac.compare_digest(self.token(reader).encode(), token.encode()):
            raise NotPermitted("This form is too old or comes from elsewhere. Reload the page and send it again.")

    def _sign(self, purpose: bytes, payload: bytes) -> str:
        mark = hmac.new(self._key, purpose + b"\0" + payload, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def check_origin(request: web.Request) -> None:
    """Raises NotPermitted if a browser says that another site sends this request."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.host
    if site not in {"same-origin", "none"} or elsewhere:
        raise NotPermitted("Only pages of this horde may post here. Open the timeline itself and write there.")
