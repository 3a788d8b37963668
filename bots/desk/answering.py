"""A commission ends in words: its state and its reply, in the open transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bots.desk.compose import reply_to
from bots.platform import Platform
from bots.store.commissions import change_commission
from bots.store.outbox import add_post
from bots.store.rows import Commission, CommissionState
from core.ports.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What replies need; on_outbox is called after the COMMIT."""

    platforms: Mapping[str, Platform]
    on_outbox: Callable[[], None]

    def answer(
        self,
        tx: Transaction,
        mine: Commission,
        text: str,
        state: CommissionState,
        now_ms: int,
        *,
        is_made: bool = False,
    ) -> None:
        """The commission has this state, and its reply is in the outbox; is_made: a model wrote the words."""
        change_commission(tx, commission_id=mine.id, state=state, now_ms=now_ms)
        capabilities = self.platforms[mine.platform].capabilities
        add_post(tx, post=reply_to(mine, text=text, capabilities=capabilities, is_made=is_made), now_ms=now_ms)
        tx.after_commit(self.on_outbox)
