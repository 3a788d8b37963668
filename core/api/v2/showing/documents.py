"""News, and the documents: terms, privacy, sponsors."""

from msgspec import convert

from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.api.v2.showing.markdown import html_of
from core.domain.errors import NotFound
from core.wire import Rc
from core.wire.showing.status import DocumentQuery, HordeDocument, Newspiece


async def news(call: Call[None, None]) -> Answer:
    """Tell the news, the newest first."""
    found = [convert(dict(piece), Newspiece) for piece in call.context.news]
    return sorted(found, key=lambda piece: piece.date_published, reverse=True)


async def terms(call: Call[None, DocumentQuery]) -> Answer:
    """Show the terms."""
    return _document(call, "terms")


async def privacy(call: Call[None, DocumentQuery]) -> Answer:
    """Show what becomes of what people send."""
    return _document(call, "privacy")


async def sponsors(call: Call[None, DocumentQuery]) -> Answer:
    """Show who helps to pay for it."""
    return _document(call, "sponsors")


def _document(call: Call[None, DocumentQuery], name: str) -> HordeDocument:
    text = call.context.documents.get(name)
    if text is None:
        raise NotFound(f"This horde has no document {name!r}. Ask whoever runs it.")
    return HordeDocument(markdown=text) if call.query.format == "markdown" else HordeDocument(html=html_of(text))


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/status/news",
        id="get_horde_news",
        tag=Tag.STATUS,
        summary="News of this horde, the newest first",
        handler=news,
        replies={200: list[Newspiece]},
    ),
    *(
        Operation(
            method="GET",
            path=f"/api/v2/documents/{name}",
            id=f"get_horde_{name}",
            tag=Tag.DOCUMENTS,
            summary=summary,
            handler=handler,
            query=DocumentQuery,
            replies={200: HordeDocument},
            refusals={404: (Rc.NOT_FOUND,)},
        )
        for name, handler, summary in (
            ("terms", terms, "The terms of use"),
            ("privacy", privacy, "What becomes of what you send"),
            ("sponsors", sponsors, "Who helps to pay for it"),
        )
    ),
)
