"""The bots' scene with the rooms of money, and what people have."""

from __future__ import annotations

from dataclasses import replace

from bots.asked import Room
from bots.linking import Linking
from bots.platform import Author, Parent, Post, Target
from bots.pots import Pots
from bots.tips import TipRules, Tips, marks_of
from core.domain.accounts import Account
from core.domain.ids import MINT
from core.domain.kudos.ledger import AuditReport, TransferReason
from core.services.kudos.audit import audit
from core.services.kudos.transfer import transfer
from core.services.people.identify import identify
from tests.bots.scene import Scene
from tests.bots.square import Square

RULES = TipRules(marks=marks_of({"💎": 10, "square:kudos": 2.5}), least_mk=1_000, most_mk=50_000)


class PurseScene(Scene):
    """Everything of one test about kudos between people."""

    def more_rooms(self) -> list[Room]:
        platforms = {self.square.name: self.square}
        return [
            self.tips().room(),
            Linking(horde=self.horde, platforms=platforms).room(),
            Pots(uow=self.uow, clock=self.clock, horde=self.horde, policy=self.policy).room(),
        ]

    def tips(self) -> Tips:
        return Tips(
            uow=self.uow,
            clock=self.clock,
            horde=self.horde,
            platforms={self.square.name: self.square},
            rules=RULES,
            policy=self.policy.kudos,
        )

    def notifies(self, *, private_replies: bool = True) -> None:
        """The square has private messages."""
        able = replace(self.square.capabilities, can_notify=True, can_be_private=private_replies)
        self.square = Square(self.clock, capabilities=able)

    def notices(self) -> list[Post]:
        return self.square.of(Target.NOTICE)

    def answers(self, post: str, *, author: str, is_bot: bool = False) -> None:
        """The latest thing said answers that post of that author."""
        event = self.square.history[-1]
        who = Author(external_id=author, display_name=author.title(), is_bot=is_bot)
        self.square.parents[event.event_id] = Parent(remote_id=post, author=who)

    async def person(self, name: str, *, kudos: int = 0) -> Account:
        """A person of the square with so many more kudos."""
        now_ms = self.clock.now_ms()
        account = await self.uow.write(
            lambda tx: identify(
                tx, platform=self.square.name, external_id=name, display_name=name.title(), now_ms=now_ms
            )
        )
        if kudos:
            await self.uow.write(
                lambda tx: transfer(
                    tx,
                    transfer_id=f"grant:{name}:{kudos}:{now_ms}",
                    from_id=MINT,
                    to_id=account.id,
                    amount_mk=kudos * 1_000,
                    reason=TransferReason.GRANT,
                    now_ms=now_ms,
                )
            )
        return await self.uow.read(lambda tx: tx.accounts.get(account.id)) or account

    async def has_mk(self, name: str) -> int:
        """What a person of the square has available; 0 who was never seen."""
        found = await self.uow.read(lambda tx: tx.accounts.by_identity(platform=self.square.name, external_id=name))
        return found.available_mk if found else 0

    async def pass_minute(self) -> None:
        self.clock.pass_s(61)
        await self.take_turns()
        await self.deliver()

    async def audited(self) -> AuditReport:
        report = await self.uow.read(audit)
        assert report.ok, report.differences
        return report
