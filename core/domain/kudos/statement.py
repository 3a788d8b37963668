"""The statement of an account: what was earned and spent, when, and on what."""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Transfer, TransferReason

ABOUT_A_JOB = frozenset({TransferReason.JOB, TransferReason.FEE, TransferReason.TAX, TransferReason.ESCROW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer with its place in the journal and the names of its two sides."""

    seq: int
    transfer: Transfer
    from_name: str
    to_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement as its account sees it.

    amount_mk: negative for what left; 0 where the account paid itself. balance_mk: right after it. other: the other
    side's handle; empty where it is not told (who asked for a job is not told to whoever made it). job_id: the job that
    it is about. note: a month, or why an award was made.
    """

    at_ms: int
    amount_mk: int
    balance_mk: int
    reason: TransferReason
    other: str
    job_id: str | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What moved in a period, by reason, in millikudos; what an account paid itself counts on neither side."""

    since_ms: int
    until_ms: int
    earned_mk: Mapping[TransferReason, int]
    spent_mk: Mapping[TransferReason, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A page of an account's journal, newest first. next_cursor: where the next page begins, None on the last."""

    lines: tuple[StatementLine, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page begins: below this place in the journal, with this balance after the first line of it."""

    below_seq: int
    balance_mk: int

    def text(self) -> str:
        """Return it as clients pass it on."""
        return base64.urlsafe_b64encode(f"{self.below_seq}:{self.balance_mk}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Return the cursor of a text; raises ``InvalidRequest`` where it is none of ours."""
        try:
            below, balance = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":")
            below_seq, balance_mk = int(below), int(balance)
        except (ValueError, binascii.Error) as exc:
            message = "This cursor is not one that was given out. Begin again without it."
            raise InvalidRequest(message, field="cursor", value=text[:60]) from exc
        if not (0 <= below_seq < 2**63 and abs(balance_mk) < 2**63):
            message = "This cursor is out of all bounds. Begin again without it."
            raise InvalidRequest(message, field="cursor", value=text[:60])
        return cls(below_seq=below_seq, balance_mk=balance_mk)


def change_mk(transfer: Transfer, own: Collection[AccountId]) -> int:
    """Return by how much the transfer changed what these accounts have together."""
    gained = transfer.amount_mk if transfer.to_id in own else 0
    return gained - (transfer.amount_mk if transfer.from_id in own else 0)


def line_of(entry: Entry, own: Collection[AccountId], *, balance_mk: int) -> StatementLine:
    """Return the entry as its owner sees it, whose accounts are these."""
    moved, leaves = entry.transfer, entry.transfer.from_id in own
    other_id, other_name = (moved.to_id, entry.to_name) if leaves else (moved.from_id, entry.from_name)
    # A worker's owner has seen the prompt: who asked is not added to that.
    hidden = moved.reason is TransferReason.JOB and not leaves
    about_a_job = moved.reason in ABOUT_A_JOB
    note = moved.ref if moved.reason in (TransferReason.MONTHLY, TransferReason.AWARD) else ""
    return StatementLine(
        at_ms=moved.made_at_ms,
        amount_mk=change_mk(moved, own),
        balance_mk=balance_mk,
        reason=moved.reason,
        other="" if hidden else other_name if other_id < 0 else f"{other_name}#{other_id}",
        job_id=moved.ref if about_a_job and moved.ref else None,
        note=note.partition(" ")[2] if moved.reason is TransferReason.AWARD else note,
    )
