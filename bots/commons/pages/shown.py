"""The timeline's pages, and what its script and programs read."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

from aiohttp import web

from bots.commons.best import PERIODS, read_best
from bots.commons.pages import answers
from bots.commons.pages.asking import Asked, post_number
from bots.commons.pages.context import CommonsContext
from bots.commons.parse import cursor_text
from bots.commons.reading import (
    Glass,
    account_of,
    read_me,
    read_queue,
    read_showcase,
    read_thread,
    read_threads,
)
from bots.commons.session import Reader
from bots.commons.views import ComposerView, ThreadView
from bots.store import commons as timeline
from core.ports.store import ReadTransaction

PAGE_THREADS = 20
PAGE_TILES = 24
TEXT_CHARS_MAX = 2_000
VOTES: Mapping[str, int] = {"up": 1, "down": -1, "clear": 0}
POST = r"/commons/posts/{post_id:\d{1,18}}"

Deed: TypeAlias = Callable[[Asked], Awaitable[web.StreamResponse]]


class Pages:
    """Everything that is read: pages for people, JSON for the script and programs."""

    def __init__(self, context: CommonsContext) -> None:
        """All state is in the database and in the readers' cookies."""
        self._context = context

    @property
    def begin(self) -> str:
        """What stands in the box at first."""
        return f"@{self._context.platform.handle} draw for me "

    # Pages that people look at

    async def timeline(self, asked: Asked) -> web.Response:
        """The timeline, with the box to write in."""
        above = post_number(asked.request.query)
        begin = self.begin if above is None else f"@{self._context.platform.handle} "
        text = asked.request.query.get("text", "")[:TEXT_CHARS_MAX] or begin
        return await self.write_page(asked.reader, text=text, before=asked.before(), answers=above)

    async def showcase(self, asked: Asked) -> web.Response:
        """The pictures of the showcase."""
        glass, before = self.glass(asked.reader), asked.before()

        def query(tx: ReadTransaction) -> dict[str, object]:
            posts = read_showcase(tx, glass, before=before, limit=PAGE_TILES)
            return {
                "posts": posts,
                "before": posts[-1].id if len(posts) == PAGE_TILES else None,
                **self._frame(tx, glass),
            }

        values = await self._context.uow.read(query)
        return self._context.site.page("commons/showcase.html", values, here="/showcase")

    async def best(self, asked: Asked) -> web.Response:
        """What people liked most, of all platforms; an unknown period is the month."""
        glass, period = self.glass(asked.reader), asked.request.query.get("period", "month")
        period = period if period in PERIODS else "month"

        def query(tx: ReadTransaction) -> dict[str, object]:
            return {"best": read_best(tx, glass, period=period, limit=PAGE_TILES), **self._frame(tx, glass)}

        values = await self._context.uow.read(query)
        values |= {"period": period, "periods": [(name, words) for name, (words, _) in PERIODS.items()]}
        return self._context.site.page("commons/best.html", values, here="/best")

    async def post_page(self, asked: Asked) -> web.Response:
        """One thread, or one tile of the showcase, at its own address."""
        glass, post_id = self.glass(asked.reader), asked.post_id

        def query(tx: ReadTransaction) -> dict[str, object]:
            found = read_thread(tx, glass, post_id=post_id)
            shown = {"item": found, "post": None} if isinstance(found, ThreadView) else {"item": None, "post": found}
            first = found.post.id if isinstance(found, ThreadView) else found.id
            return {**shown, "number": first, **self._frame(tx, glass)}

        values = await self._context.uow.read(query)
        return self._context.site.page("commons/thread.html", values)

    # What the script and programs read

    async def feed(self, asked: Asked) -> web.Response:
        """A page of the timeline or the showcase: rendered, as JSON or as bare HTML."""
        glass, before = self.glass(asked.reader), asked.before()
        of_showcase = asked.request.query.get("view") == "showcase"
        if of_showcase:
            posts = await self._context.uow.read(lambda tx: read_showcase(tx, glass, before=before, limit=PAGE_TILES))
            last = posts[-1].id if len(posts) == PAGE_TILES else None
            items, html = [answers.post_json(post) for post in posts], self.fragment(asked.reader, posts=posts)
        else:
            threads = await self._context.uow.read(
                lambda tx: read_threads(tx, glass, before=before, limit=PAGE_THREADS)
            )
            last = threads[-1].post.id if len(threads) == PAGE_THREADS else None
            items, html = [answers.thread_json(it) for it in threads], self.fragment(asked.reader, threads=threads)
        if not asked.wants_json:
            return self._context.site.html(html)
        view = "view=showcase&" if of_showcase else ""
        following = None if last is None else f"/commons/feed?{view}before={last}"
        return web.json_response({"items": items, "html": html, "next": following})

    async def post(self, asked: Asked) -> web.Response:
        """One thread or tile as JSON: what `horde demo` and other programs watch."""
        glass, post_id = self.glass(asked.reader), asked.post_id
        found = await self._context.uow.read(lambda tx: read_thread(tx, glass, post_id=post_id))
        return web.json_response(
            answers.thread_json(found) if isinstance(found, ThreadView) else answers.post_json(found)
        )

    async def me(self, asked: Asked) -> web.Response:
        """The reader's name and balance, and the token that their forms carry."""
        account = await self._context.uow.read(lambda tx: account_of(tx, asked.reader))
        return web.json_response(
            answers.me_json(asked.reader, account, token=self._context.sessions.token(asked.reader))
        )

    async def price(self, asked: Asked) -> web.Response:
        """What the text would cost and what would be left."""
        text = asked.request.query.get("text", "")[:TEXT_CHARS_MAX]
        quote = self._context.prices.quote(text)
        account = await self._context.uow.read(lambda tx: account_of(tx, asked.reader))
        return web.json_response(answers.price_json(quote, available_mk=0 if account is None else account.available_mk))

    # Parts of the above

    async def write_page(
        self,
        reader: Reader,
        *,
        text: str,
        before: int | None = None,
        answers: int | None = None,
        troubles: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        """The timeline with this text in the box and, after an error, its sentence beside it."""
        context, glass = self._context, self.glass(reader)
        quote = context.prices.quote(text)

        def query(tx: ReadTransaction) -> dict[str, object]:
            threads = read_threads(tx, glass, before=before, limit=PAGE_THREADS)
            account = account_of(tx, reader)
            price = quote.sentence(available_mk=0 if account is None else account.available_mk)
            composer = ComposerView(
                text=text,
                price="" if quote.price_mk is None else price,
                ideas=context.ideas,
                key=secrets.token_urlsafe(12),
                answers=answers,
                **(troubles or {}),
            )
            return {
                "threads": threads,
                "before": threads[-1].post.id if len(threads) == PAGE_THREADS else None,
                "queue": read_queue(tx, now_ms=glass.now_ms),
                "composer": composer,
                "text_chars_max": TEXT_CHARS_MAX,
                "a_style": context.prices.example_style,
                **self._frame(tx, glass),
            }

        values = await context.uow.read(query)
        return context.site.page("commons/timeline.html", values, here="/", status=status)

    def _frame(self, tx: ReadTransaction, glass: Glass) -> dict[str, object]:
        posts, votes = timeline.newest(tx)
        return {
            "me": read_me(tx, glass.reader),
            "token": self._context.sessions.token(glass.reader),
            "cursor": cursor_text(posts=posts, votes=votes),
            "handle": glass.handle,
        }

    def glass(self, reader: Reader) -> Glass:
        """Returns what this reader's readings need."""
        context = self._context
        return Glass(
            reader=reader, now_ms=context.clock.now_ms(), handle=context.platform.handle, url_of=context.url_of
        )

    def fragment(self, reader: Reader, *, threads: Iterable[object] = (), posts: Iterable[object] = ()) -> str:
        """Returns threads and tiles as bare HTML, for the script to put in."""
        return self._context.site.render(
            "commons/fragment.html", threads=threads, posts=posts, token=self._context.sessions.token(reader)
        )
