"""Orders in doubt are looked for in the account's list over there; one that is not seen twice is sent again."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from bots.horde.remote import settle
from bots.horde.remote.client import RemoteClient, RemoteDownError, RemoteGoneError
from bots.horde.remote.outage import Outage
from bots.horde.remote.words import Look
from bots.store.remote import RemoteRequest, RemoteState, known_remote_ids, remotes_in
from core.domain.kinds.kind import Kind
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import UnitOfWork

CANDIDATES_MAX: Final = 50
LOOKS_MAX: Final = 10
"""An order that could be any of several is sent again after so many looks."""
_NAMES: Final[Mapping[Kind, str]] = {Kind.IMAGE: "image", Kind.TEXT: "text", Kind.ALCHEMY: "alchemy"}

_log = logging.getLogger(__name__)


class Finding:
    """Finds out what became of the orders in doubt."""

    def __init__(self, *, client: RemoteClient, uow: UnitOfWork, clock: Clock, outage: Outage) -> None:
        """Hold the ports."""
        self._client = client
        self._uow = uow
        self._clock = clock
        self._outage = outage

    async def find_due(self) -> int:
        """Every order in doubt whose time has come is looked for; returns how many those were."""
        now_ms, access = self._clock.now_ms(), self._client.access
        due = await self._uow.read(partial(remotes_in, state=RemoteState.UNKNOWN, due_ms=now_ms))
        if not due:
            return 0
        if access.honours_keys:
            # Sent again under its key it is the same order.
            for row in due:
                await self._again(row)
            return len(due)
        all_unknown = await self._uow.read(partial(remotes_in, state=RemoteState.UNKNOWN))
        try:
            seen = await self._candidates(due)
        except RemoteDownError as error:
            if error.after_s is None:
                self._outage.failed(str(error))
            pause_s = self._outage.pause_s() if error.after_s is None else error.after_s
            later_ms = now_ms + round(pause_s * 1_000)
            for row in due:
                await self._uow.write(partial(settle.look_later, request_id=row.id, look_ms=later_ms, now_ms=now_ms))
            return 0
        self._outage.answered()
        for row in due:
            await self._weigh(row, seen.get(row.kind, {}), all_unknown)
        return len(due)

    async def _candidates(self, due: Sequence[RemoteRequest]) -> Mapping[Kind, Mapping[str, Look]]:
        """Returns what there is in the account's list that is no known order of ours. Raises RemoteDownError."""
        if not self._client.access.can_look:
            return {}
        try:
            active = (await self._client.account()).get("active_generations")
        except RemoteGoneError as error:
            raise RemoteDownError("it does not know the key's account") from error
        found: dict[Kind, Mapping[str, Look]] = {}
        for kind in {row.kind for row in due}:
            ids = _ids(active, kind)
            ours = await self._uow.read(partial(known_remote_ids, among=ids))
            strange = [one for one in ids if one not in ours][:CANDIDATES_MAX]
            looks = await asyncio.gather(*(self._look(kind, one) for one in strange))
            found[kind] = {one: look for one, look in zip(strange, looks, strict=True) if look is not None}
        return found

    async def _look(self, kind: Kind, remote_id: str) -> Look | None:
        try:
            return await self._client.look(kind, remote_id, whole=True)
        except RemoteGoneError:
            return None

    async def _weigh(self, row: RemoteRequest, seen: Mapping[str, Look], unknown: Sequence[RemoteRequest]) -> None:
        now_ms, lag_ms = self._clock.now_ms(), round(self._client.access.read_lag_s * 1_000)
        fitting = {one: look for one, look in seen.items() if one not in row.strangers and _fits(row, look)}
        certain = [one for one, look in fitting.items() if is_ours(row, look)]
        rivals = [
            other for other in unknown if other.id != row.id and any(_fits(other, look) for look in fitting.values())
        ]
        match = certain[0] if certain else next(iter(fitting)) if len(fitting) == 1 and not rivals else None
        if match is not None:
            await self._uow.write(
                partial(settle.arrived, request_id=row.id, remote_id=match, kudos=None, now_ms=now_ms, is_adopted=True),
                step=Step.REMOTE_FOUND,
            )
            _log.info("remote.found request_id=%s remote_id=%s", row.id, match)
        elif row.looks >= (LOOKS_MAX - 1 if fitting else 1):
            await self._again(row)
        else:
            look_ms = now_ms + 2 * lag_ms
            await self._uow.write(partial(settle.unseen, request_id=row.id, look_ms=look_ms, now_ms=now_ms))

    async def _again(self, row: RemoteRequest) -> None:
        now_ms = self._clock.now_ms()
        await self._uow.write(
            partial(settle.ask_again, request_id=row.id, due_ms=now_ms, now_ms=now_ms), step=Step.REMOTE_FOUND
        )
        _log.info("remote.sent_again request_id=%s", row.id)


def is_ours(row: RemoteRequest, look: Look) -> bool:
    """Tell whether a picture that is finished there has the seed that we gave: then the order is ours."""
    return row.seed is not None and any(made.seed == row.seed for made in look.generations)


def is_a_strangers(row: RemoteRequest, look: Look) -> bool:
    """Tell whether pictures are finished there, and none of them has our seed."""
    return row.seed is not None and bool(look.generations) and not is_ours(row, look)


def _fits(row: RemoteRequest, look: Look) -> bool:
    """Tell whether the order may be ours, by all that its status says of what was asked."""
    if row.kind is Kind.ALCHEMY:
        asked = msgspec.json.decode(row.body).get("forms", ())
        return look.forms == tuple(sorted(str(form["name"]) for form in asked))
    return look.jobs == row.jobs and not is_a_strangers(row, look)


def _ids(active: Any, kind: Kind) -> list[str]:  # noqa: ANN401 - what another server says
    listed = active.get(_NAMES[kind]) if isinstance(active, dict) else None
    return [str(one) for one in listed] if isinstance(listed, list) else []
