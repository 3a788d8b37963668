"""`horde account ...`: accounts for operators."""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from config.commands import account_changes, account_links
from config.commands.common import MK, add_settings_options, kudos, settings_of

if TYPE_CHECKING:
    from core.domain.ids import AccountId

_DAY_MS: Final = 24 * 3_600 * 1_000

HELP = "Make, show and change accounts, award kudos, and say where an account's kudos came from and went to."


def add(parser: argparse.ArgumentParser) -> None:
    """The options of each action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make an account and print its API key, this once")
    create.add_argument("name", help="1 to 30 characters, without #")
    create.add_argument("--kudos", type=int, default=0, metavar="N", help="begin with N kudos from the mint")
    create.add_argument("--trusted", action="store_true", help="its workers' pictures are checked less often")
    create.add_argument("--moderator", action="store_true", help="may moderate")
    show = actions.add_parser("show", help="show an account and its latest transfers")
    show.add_argument("account", help="its number or name#number")
    statement = actions.add_parser("statement", help="its journal, newest first, and sums by reason")
    statement.add_argument("account", help="its number or name#number")
    statement.add_argument(
        "--lines", type=int, default=20, metavar="N", help="so many lines, at most 200 (default: 20)"
    )
    statement.add_argument("--cursor", metavar="TEXT", help="go on where an earlier page ended")
    statement.add_argument("--days", type=int, default=30, metavar="N", help="sum up so many days (default: 30)")
    for action in (create, show, statement):
        action.add_argument("--json", action="store_true", help="print one JSON object")
    for action in (create, show, statement, *account_changes.add(actions), *account_links.add(actions)):
        add_settings_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Does what the action says, and prints what came of it."""
    match arguments.action:
        case "change":
            return asyncio.run(account_changes.change(arguments, _number(arguments.account)))
        case "award":
            return asyncio.run(account_changes.award(arguments))
        case "new-key":
            return asyncio.run(account_changes.new_key(arguments, _number(arguments.account)))
        case "link":
            return asyncio.run(account_links.link(arguments, _number(arguments.account)))
        case "unlink":
            return asyncio.run(account_links.unlink(arguments))
        case other:
            action = {"create": _create, "show": _show, "statement": _statement}[other]
            return asyncio.run(action(arguments))


async def _create(arguments: argparse.Namespace) -> int:
    from config.wiring import open_ground
    from core.services.people.register import register

    async with open_ground(settings_of(arguments)) as ground:
        made = await ground.uow.write(
            partial(
                register,
                name=arguments.name,
                trusted=arguments.trusted,
                moderator=arguments.moderator,
                kudos_mk=arguments.kudos * MK,
                now_ms=ground.clock.now_ms(),
            )
        )
    account = made.account
    if arguments.json:
        row = {"id": account.id, "account": account.handle, "api_key": made.api_key, "kudos": account.kudos_mk / MK}
        sys.stdout.write(json.dumps(row) + "\n")
        return 0
    sys.stdout.write(f"account  {account.handle}\nid       {account.id}\nkudos    {kudos(account.kudos_mk)}\n")
    sys.stdout.write(f"API key  {made.api_key}\nThis key is shown this once and stored only as a hash: keep it now.\n")
    return 0


async def _show(arguments: argparse.Namespace) -> int:
    from config.wiring import open_ground
    from core.services.people.describe import describe

    account_id = _number(arguments.account)
    async with open_ground(settings_of(arguments)) as ground:
        told = await ground.uow.read(partial(describe, account_id=account_id))
    account = told.account
    if arguments.json:
        row = {
            "id": account.id,
            "account": account.handle,
            "kudos": account.kudos_mk / MK,
            "held": account.held_mk / MK,
            "waiting": told.waiting,
            "trusted": account.trusted,
            "moderator": account.moderator,
            "guest": account.guest,
            "identities": [f"{one.platform}:{one.display_name}" for one in told.identities],
            "merges": [
                {
                    "merge": merge.id,
                    "at": _when(merge.made_at_ms),
                    "from": merge.from_id,
                    "to": merge.to_id,
                    "names": [f"{one.platform}:{one.display_name}" for one in merge.identities],
                    "kudos": merge.moved_mk / MK,
                    "undone": None if merge.undone_at_ms is None else _when(merge.undone_at_ms),
                }
                for merge in told.merges
            ],
        }
        sys.stdout.write(json.dumps(row) + "\n")
        return 0
    sys.stdout.write(f"account     {account.handle}{'  (guest)' if account.guest else ''}\n")
    sys.stdout.write(f"kudos       {kudos(account.kudos_mk)}, {kudos(account.held_mk)} of them held\n")
    sys.stdout.write(f"waiting     {told.waiting} jobs\n")
    for one in told.identities:
        sys.stdout.write(f"identity    {one.platform}: {one.display_name}\n")
    for merge in told.merges:
        names = ", ".join(f"{one.platform}: {one.display_name}" for one in merge.identities)
        undone = "" if merge.undone_at_ms is None else f"  undone {_when(merge.undone_at_ms)}"
        sys.stdout.write(
            f"merge       {merge.id}  {_when(merge.made_at_ms)}  from {merge.from_id} ({names}) to {merge.to_id}  "
            f"{kudos(merge.moved_mk)}{undone}\n"
        )
    for moved in told.transfers:
        sign = "+" if moved.to_id == account.id else "-"
        sys.stdout.write(f"transfer    {sign}{kudos(moved.amount_mk)}  {moved.reason}\n")
    return 0


async def _statement(arguments: argparse.Namespace) -> int:
    from config.wiring import open_ground
    from core.services.kudos.statement import statement, totals

    account_id = _number(arguments.account)
    async with open_ground(settings_of(arguments)) as ground:
        until_ms = ground.clock.now_ms() + 1
        since_ms = until_ms - arguments.days * _DAY_MS
        page = await ground.uow.read(
            partial(statement, account_id=account_id, limit=arguments.lines, cursor=arguments.cursor)
        )
        summed = await ground.uow.read(partial(totals, account_id=account_id, since_ms=since_ms, until_ms=until_ms))
    if arguments.json:
        lines = [
            {
                "at": _when(line.at_ms),
                "kudos": line.amount_mk / MK,
                "balance": line.balance_mk / MK,
                "reason": line.reason.value,
                "other": line.other or None,
                "job_id": line.job_id,
                "note": line.note or None,
            }
            for line in page.lines
        ]
        sums = {
            side: {reason.value: amount_mk / MK for reason, amount_mk in of_side.items()}
            for side, of_side in (("earned", summed.earned_mk), ("spent", summed.spent_mk))
        }
        row = {"lines": lines, "next_cursor": page.next_cursor, "days": arguments.days, **sums}
        sys.stdout.write(json.dumps(row) + "\n")
        return 0
    for line in page.lines:
        about = "  ".join(part for part in (line.other, line.job_id, line.note) if part)
        amounts = f"{kudos(line.amount_mk):>14}{kudos(line.balance_mk):>14}"
        sys.stdout.write(f"{_when(line.at_ms)}{amounts}  {line.reason:<10}  {about}\n")
    if page.next_cursor:
        sys.stdout.write(f"older: --cursor {page.next_cursor}\n")
    for side, of_side in (("earned", summed.earned_mk), ("spent", summed.spent_mk)):
        said = ", ".join(f"{reason} {kudos(amount_mk)}" for reason, amount_mk in sorted(of_side.items()))
        sys.stdout.write(f"{side} in {arguments.days} days: {said or 'nothing'}\n")
    return 0


def _number(text: str) -> "AccountId":
    """The number of what an account is named by. Raises InvalidRequest where that is none."""
    from core.domain.errors import InvalidRequest
    from core.domain.ids import AccountId

    number = text.rpartition("#")[2]
    if not number.removeprefix("-").isdecimal() or len(number) > 18:
        raise InvalidRequest(f"{text!r} is no account: give its number or name#number.", field="account", value=number)
    return AccountId(int(number))


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
