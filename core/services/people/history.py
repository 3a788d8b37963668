"""History: an account's own requests in pages, the newest first."""

import base64
import binascii
from dataclasses import dataclass
from itertools import chain
from typing import Final

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId, RequestId
from core.domain.requests import Request
from core.ports.store import ReadTransaction, Transaction
from core.services.linking.purse import past_of

REQUESTS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of an account's requests. next_cursor: where the next page begins, None on the last."""

    requests: tuple[Request, ...]
    next_cursor: str | None


def history(
    tx: ReadTransaction | Transaction, *, account_id: AccountId, limit: int = 25, cursor: str | None = None
) -> History:
    """Return a page of what the account, and what was merged into it, asked for, as long as that is kept.

    Pages fit together whatever is asked in between. Raises ``InvalidRequest`` for a limit outside of 1 to 100 or a
    cursor that was not given out.
    """
    if not 1 <= limit <= REQUESTS_MAX:
        message = f"A page has 1 to {REQUESTS_MAX} requests; {limit} were asked for."
        raise InvalidRequest(message, field="limit", limit=REQUESTS_MAX, value=limit)
    before = None if cursor is None else _read(cursor)
    each = (tx.requests.of_account(one, before=before, limit=limit + 1) for one in past_of(tx, account_id))
    newest = sorted(chain.from_iterable(each), key=lambda one: (one.asked_at_ms, one.id), reverse=True)
    found = newest[: limit + 1]
    page = tuple(found[:limit])
    return History(requests=page, next_cursor=_text(page[-1]) if len(found) > limit else None)


def _text(last: Request) -> str:
    """Return the cursor of the page after this request."""
    return base64.urlsafe_b64encode(f"{last.asked_at_ms}:{last.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, RequestId]:
    """Return where the page begins; raises ``InvalidRequest`` where the cursor is none of ours."""
    try:
        at, _, request_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        at_ms = int(at)
    except (ValueError, binascii.Error) as exc:
        message = "This cursor is not one that was given out. Begin again without it."
        raise InvalidRequest(message, field="cursor", value=cursor[:60]) from exc
    if not 0 <= at_ms < 2**62 or "\x00" in request_id:
        message = "This cursor is out of all bounds. Begin again without it."
        raise InvalidRequest(message, field="cursor", value=cursor[:60])
    return at_ms, RequestId(request_id)
