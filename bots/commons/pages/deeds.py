"""What people do on the timeline: write, vote, take a name, use an account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from aiohttp import web

from bots.commons.pages import answers
from bots.commons.pages.asking import Asked, post_number
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.shown import TEXT_CHARS_MAX, Pages
from bots.commons.parse import mentions
from bots.commons.reading import account_of, read_thread, read_votes
from bots.commons.session import Reader, clean_name, new_guest, reader_of_account
from core.domain.errors import InvalidRequest, Unauthorized
from core.ports.store import ReadTransaction
from core.services.people.authenticate import authenticate

VOTES: Mapping[str, int] = {"up": 1, "down": -1, "clear": 0}


class Deeds:
    """Everything that is written."""

    def __init__(self, context: CommonsContext, pages: Pages) -> None:
        """All state is in the database and in the readers' cookies."""
        self._context = context
        self._pages = pages

    async def write(self, asked: Asked) -> web.Response:
        """The text is on the timeline; a mention of the bot in it goes the way of every summons."""
        context, reader = self._context, asked.reader
        text = _clean(asked.fields.get("text", ""))
        answered = post_number(asked.fields)
        quote = context.prices.quote(text)
        if quote.trouble and mentions(text, handle=context.platform.handle):
            raise InvalidRequest(quote.trouble, field="text")
        context.pace.take(asked.request.remote or "")
        key = asked.fields.get("key") or secrets.token_urlsafe(12)
        post_id = await context.platform.client.write(
            reader=reader,
            text=text,
            key=f"{key[:64]}:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
            answers=answered,
            hidden=not context.screening.screen_prompt(text).allowed,
        )
        if not asked.wants_json:
            target = f"/#post-{post_id}" if answered else f"/#thread-{post_id}"
            return _see(target)
        glass = self._pages.glass(reader)

        def query(tx: ReadTransaction) -> tuple[object, int]:
            account = account_of(tx, reader)
            return read_thread(tx, glass, post_id=post_id), 0 if account is None else account.available_mk

        thread, available_mk = await context.uow.read(query)
        return web.json_response(
            {
                "id": post_id,
                "url": f"/posts/{post_id}",
                "html": self._pages.fragment(reader, threads=[thread]),
                "sentence": f"Posted. {quote.sentence(available_mk=available_mk)}",
                "price": answers.price_json(quote, available_mk=available_mk),
                "token": context.sessions.token(reader),
            },
            status=201,
        )

    async def vote(self, asked: Asked) -> web.Response:
        """The reader's one vote on a picture is up, down or none."""
        value = VOTES.get(asked.fields.get("vote", ""))
        if value is None:
            raise InvalidRequest("A vote is up, down or clear. Send one of these.", field="vote")
        client = self._context.platform.client
        subject = await client.vote(reader=asked.reader, post_id=asked.post_id, value=value)
        if not asked.wants_json:
            return _see(asked.request.headers.get("Referer", ""), anchor=f"post-{asked.post_id}")
        tally = await self._context.uow.read(lambda tx: read_votes(tx, asked.reader, post_id=subject))
        return web.json_response({"post_id": tally.post_id, "up": tally.up, "down": tally.down, "mine": tally.mine})

    async def rename(self, asked: Asked) -> web.Response:
        """The guest has the name they chose; posts from before keep the old one."""
        if not asked.reader.is_guest:
            raise InvalidRequest("An account has its own name. Leave the account to post under another.", field="name")
        taken = frozenset({self._context.platform.handle.casefold(), "horde", "anonymous", "mint", "treasury"})
        name = clean_name(asked.fields.get("name", ""), taken=taken)
        asked.become(Reader(id=asked.reader.id, name=name))
        return await self._changed(asked)

    async def use_key(self, asked: Asked) -> web.Response:
        """The reader posts with the account of this API key; the key itself is kept nowhere."""
        self._context.pace.take(asked.request.remote or "")
        api_key = asked.fields.get("api_key", "").strip()
        account = await self._context.uow.read(lambda tx: authenticate(tx, api_key=api_key))
        if account.is_anonymous:
            raise Unauthorized("This is the key of everyone without an account. Post as a guest instead.")
        asked.become(reader_of_account(account_id=account.id, name=account.name))
        return await self._changed(asked)

    async def leave(self, asked: Asked) -> web.Response:
        """The reader is a new guest."""
        asked.become(new_guest())
        return await self._changed(asked)

    async def _changed(self, asked: Asked) -> web.Response:
        return await self._pages.me(asked) if asked.wants_json else _see("/#account")


def _clean(text: str) -> str:
    """Returns the text without control characters; raises InvalidRequest where it is empty or too long."""
    kept = "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or letter.isprintable()).strip()
    if not kept:
        raise InvalidRequest("Your post is empty. Write what you want to see, and post it again.", field="text")
    if len(kept) > TEXT_CHARS_MAX:
        raise InvalidRequest(
            f"Your post has {len(kept)} characters; the most is {TEXT_CHARS_MAX}. Shorten it and post it again.",
            field="text",
            limit=TEXT_CHARS_MAX,
            value=len(kept),
        )
    return kept


def _see(address: str, *, anchor: str = "") -> web.Response:
    """Returns the browser to a page of ours; to the timeline if the address is not a plain path here."""
    path = "/" + address.split("://", 1)[-1].partition("/")[2] if "://" in address else address
    safe = path if path.startswith("/") and not path.startswith("//") else "/"
    location = f"{safe.partition('#')[0]}#{anchor}" if anchor else safe
    return web.Response(status=303, headers={"Location": location})
