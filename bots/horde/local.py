"""What stays here whichever horde is asked: accounts, screening, the events that the desk reads, and pictures."""

from collections.abc import Sequence
from typing import Final

from bots.horde.port import SourcePicture
from bots.horde.sources import SourcePictures
from bots.platform import Attachment, Author, Picture
from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.events import Event
from core.domain.ids import AccountId
from core.domain.moderation import Verdict
from core.ports.keys import sidecar_key
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import ReadTransaction, Transaction
from core.services.events.read import events_after
from core.services.linking.purse import purse_of
from core.services.people.identify import identify

READER: Final = "bots.desk"
"""The name of the desk's durable cursor over the events."""


class LocalSide:
    """The half of `bots.horde.port.Horde` that needs no horde: one database, one object store."""

    def __init__(self, *, screening: Screening, objects: ObjectStore, sources: SourcePictures) -> None:
        """Hold the ports."""
        self._screening = screening
        self._objects = objects
        self._sources = sources

    def screen(self, prompt: str) -> Verdict:
        """Returns what the screening says of the prompt."""
        return self._screening.screen_prompt(prompt)

    def account(self, tx: Transaction, *, platform: str, author: Author, now_ms: int) -> Account:
        """Returns the author's account, made at first sight."""
        if author.account_id is None:
            return identify(
                tx,
                platform=platform,
                external_id=author.external_id,
                display_name=author.display_name,
                now_ms=now_ms,
            )
        account = tx.accounts.get(AccountId(author.account_id))
        if account is None:
            message = f"There is no account with the number {author.account_id}. Write as a guest, or with another key."
            raise NotFound(message, code="UserNotFound")
        return account

    def account_now(self, tx: ReadTransaction | Transaction, *, account_id: AccountId) -> Account | None:
        """Returns the account that has its purse now, with its balance as this transaction sees it."""
        return purse_of(tx, account_id)

    async def source(self, picture: Attachment | Picture) -> SourcePicture:
        """The picture is kept where whoever works on it gets it from."""
        return await self._sources.take(picture)

    def events(self, tx: ReadTransaction | Transaction, *, limit: int) -> Sequence[Event]:
        """Returns what happened after the desk's cursor."""
        return events_after(tx, cursor=tx.events.cursor(READER), limit=limit)

    def events_dealt_with(self, tx: Transaction, *, seq: int) -> None:
        """The desk's cursor is at `seq`."""
        tx.events.move_cursor(READER, seq)

    def picture_url(self, key: str) -> str:
        """Returns the address under which everyone can read a finished picture."""
        return self._objects.public_url(key)

    async def delete_picture(self, key: str) -> None:
        """The picture and its sidecar are gone."""
        await self._objects.delete(key)
        await self._objects.delete(sidecar_key(key))
