"""One request to the timeline: who sends it, what is in it, and proof that it is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from bots.commons.pages.context import CommonsContext
from bots.commons.session import Reader, check_origin, new_guest, reader_of_account
from core.domain.errors import InvalidRequest
from core.services.people.authenticate import authenticate

BODY_BYTES_MAX = 65_536
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request with its reader and its fields. `remember` is whom the browser is from now on, if that changes."""

    request: web.Request
    reader: Reader
    fields: Mapping[str, str]
    remember: Reader | None = None

    @property
    def post_id(self) -> int:
        """The post in the address."""
        return int(self.request.match_info["post_id"])

    @property
    def wants_json(self) -> bool:
        """True for programs and the page's script, False for a browser that shows the answer."""
        return wants_json(self.request)

    def become(self, reader: Reader) -> None:
        """The browser is this reader from now on."""
        self.reader = reader
        self.remember = reader

    def before(self) -> int | None:
        """Returns where the page asked for begins; raises InvalidRequest for what is no number."""
        text = self.request.query.get("before", "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 18:
            raise InvalidRequest(f"before={text[:20]!r} is no number of a post.", field="before", value=text[:20])
        return int(text)


def post_number(fields: Mapping[str, str]) -> int | None:
    """Returns which post the fields reply to; raises InvalidRequest for what is no number."""
    text = fields.get("in_reply_to", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidRequest("in_reply_to is no number of a post.", field="in_reply_to", value=text[:20])
    return int(text)


def wants_json(request: web.Request) -> bool:
    """Tells whether the answer is to be JSON: the script and programs say so, or send JSON themselves."""
    return JSON_TYPE in request.headers.get("Accept", "") or request.content_type == JSON_TYPE


async def ask(context: CommonsContext, request: web.Request, fields: Mapping[str, str]) -> Asked:
    """Returns the request with its reader; raises a HordeError where it is forged.

    A reader is known by the header `apikey`, or by the cookie; anyone else is a guest from now on. What a cookie's
    reader sends must carry the token of their own page.
    """
    is_write = request.method == "POST"
    if is_write:
        check_origin(request)
    api_key = request.headers.get("apikey", "")
    if api_key:
        account = await context.uow.read(lambda tx: authenticate(tx, api_key=api_key))
        reader = reader_of_account(account_id=account.id, name=account.name)
        return Asked(request=request, reader=reader, fields=fields)
    known = context.sessions.reader(request)
    if known is None:
        guest = new_guest()
        return Asked(request=request, reader=guest, fields=fields, remember=guest)
    if is_write:
        context.sessions.check_form(known, request.headers.get("X-Commons-Token") or fields.get("token", ""))
    return Asked(request=request, reader=known, fields=fields)


async def read_body(request: web.Request) -> Mapping[str, str]:
    """Returns the fields of a form or a JSON object; raises InvalidRequest for anything else."""
    raw = bytearray()
    async for chunk in request.content.iter_chunked(BODY_BYTES_MAX):
        raw += chunk
        if len(raw) > BODY_BYTES_MAX:
            raise InvalidRequest(
                f"The body is larger than {BODY_BYTES_MAX} bytes. A post is text alone: shorten it.",
                field="body",
                limit=BODY_BYTES_MAX,
                value=len(raw),
            )
    try:
        text = raw.decode()
        if request.content_type == FORM_TYPE:
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=32))
        if request.content_type == JSON_TYPE:
            return _fields_of_json(text)
    except ValueError as exc:
        raise InvalidRequest(f"The body cannot be read: {exc}. Send a form or a JSON object.", field="body") from exc
    raise InvalidRequest(
        f"The body is {request.content_type}. Send {FORM_TYPE} or {JSON_TYPE}.",
        field="body",
        value=request.content_type,
    )


def _fields_of_json(text: str) -> Mapping[str, str]:
    body = json.loads(text)
    if not isinstance(body, dict):
        raise InvalidRequest('The body is no JSON object. Send one like {"text": "…"}.', field="body")
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in body.items()
        if value is not None
    }
