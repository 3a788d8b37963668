"""The answers to `link`, `link CODE` and `unlink`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bots.asked import Asked, Room, Told
from bots.grammar import CommandWord
from bots.horde.port import Horde
from bots.platform import Platform, Visibility
from bots.replies import (
    link_code,
    link_code_sent,
    link_from_elsewhere,
    link_in_private,
    link_refused,
    linked,
    not_linked,
    unlinked,
)
from bots.store.people.notices import add_notice
from core.domain.kudos.linking import LinkRefusal
from core.ports.store import Transaction
from core.services.linking.code import make_code, use_code
from core.services.linking.unlink import unlink

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """Joins and parts names; what goes over with them is the engine's."""

    horde: Horde
    platforms: Mapping[str, Platform]

    def room(self) -> Room:
        """Returns what this room brings to the conversation."""
        return Room(answers={CommandWord.LINK: self.link, CommandWord.UNLINK: self.unlink}, forgets=(_forget,))

    def link(self, tx: Transaction, asked: Asked) -> Told:
        """Gives a code, or takes one; a code is shown to its owner alone, or not at all."""
        if asked.command.argument:
            return self._use(tx, asked)
        event = asked.event
        if event.author.account_id is not None:
            return Told(text=link_from_elsewhere(), private=True)
        aside = self._is_private(asked)
        if not aside and not self.platforms[event.platform].capabilities.can_notify:
            return Told(text=link_in_private(asked.handle))
        self.horde.account(tx, platform=event.platform, author=event.author, now_ms=asked.now_ms)
        code = make_code(
            tx,
            platform=event.platform,
            external_id=event.author.external_id,
            display_name=event.author.display_name,
            now_ms=asked.now_ms,
        )
        text = link_code(code=code, handle=asked.handle)
        if aside:
            return Told(text=text, private=True)
        add_notice(tx, platform=event.platform, to=event.author, text=text, about=event.remote_id, now_ms=asked.now_ms)
        return Told(text=link_code_sent())

    def unlink(self, tx: Transaction, asked: Asked) -> Told:
        """The author's name has a purse of its own."""
        event = asked.event
        self.horde.account(tx, platform=event.platform, author=event.author, now_ms=asked.now_ms)
        own = None
        if event.author.account_id is None:
            own = unlink(tx, platform=event.platform, external_id=event.author.external_id, now_ms=asked.now_ms)
        return Told(text=not_linked() if own is None else unlinked(handle=own.handle), private=True)

    def _use(self, tx: Transaction, asked: Asked) -> Told:
        event = asked.event
        account = self.horde.account(tx, platform=event.platform, author=event.author, now_ms=asked.now_ms)
        found = use_code(
            tx,
            code=asked.command.argument,
            account_id=account.id,
            typed_by=(event.platform, event.author.external_id),
            now_ms=asked.now_ms,
        )
        if isinstance(found, LinkRefusal):
            return Told(text=link_refused(found), private=True)
        _log.info("people.linked merge=%s into=%d", found.merge.id, found.account.id)
        available_mk = found.account.available_mk if self._is_private(asked) else None
        return Told(text=linked(handle=found.account.handle, available_mk=available_mk), private=True)

    def _is_private(self, asked: Asked) -> bool:
        capabilities = self.platforms[asked.event.platform].capabilities
        return capabilities.can_be_private or asked.event.visibility is Visibility.DIRECT


def _forget(tx: Transaction, platform: str, external_id: str) -> None:
    tx.links.forget_tries(platform=platform, external_id=external_id)
