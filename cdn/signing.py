"""Signed URLs of the disk store: what a URL allows is bound into its signature, so nothing in it can be changed."""

import hmac
from collections.abc import Mapping
from urllib.parse import quote

from core.domain.errors import NotPermitted
from core.ports.signed import Grant, Method


class UrlSigner:
    """Signs grants and reads them back out of a URL's query."""

    def __init__(self, secret: bytes) -> None:
        """Derive an own key, so that a signature of another use of the secret is never good here."""
        self._key = hmac.digest(secret, b"horde.cdn.url.v1", "sha256")

    def query(self, grant: Grant) -> str:
        """Return the query string that carries the grant and its signature."""
        allowed = f"&type={quote(grant.content_type, safe='')}&max={grant.bytes_max}" if grant.method == "PUT" else ""
        return f"expires={grant.expires_at_ms}{allowed}&sig={self._signature(grant)}"

    def read(self, method: Method, key: str, query: Mapping[str, str], *, now_ms: int) -> Grant:
        """Return what the query grants.

        Raises:
            NotPermitted: the signature is missing, tampered with or expired.
        """
        expires, bytes_max = query.get("expires", ""), query.get("max", "0")
        signature = query.get("sig", "")
        if not (_is_number(expires) and _is_number(bytes_max) and signature):
            raise NotPermitted("This address needs the signature that the horde gave out with it. Ask for a new one.")
        grant = Grant(
            method=method,
            key=key,
            expires_at_ms=int(expires),
            content_type=query.get("type", ""),
            bytes_max=int(bytes_max),
        )
        if not hmac.compare_digest(self._signature(grant).encode(), signature.encode()):
            raise NotPermitted(
                "The signature of this address does not fit it. Use the address exactly as it was given."
            )
        if grant.expires_at_ms <= now_ms:
            raise NotPermitted(
                f"This address was good for {method} until {grant.expires_at_ms} ms; it is {now_ms} ms now. "
                "Ask for a new one."
            )
        return grant

    def _signature(self, grant: Grant) -> str:
        signed = "\n".join(
            (grant.method, grant.key, str(grant.expires_at_ms), grant.content_type, str(grant.bytes_max))
        )
        return hmac.new(self._key, signed.encode(), "sha256").hexdigest()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16
