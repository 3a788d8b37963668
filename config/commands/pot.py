"""`horde pot ...`: sponsors' pots, which pay for what a community's members ask for."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from config.commands.common import MK, add_settings_options, kudos, settings_of

if TYPE_CHECKING:
    from bots.pots import PotTerms
    from bots.store.money.pots import Pot
    from core.domain.ids import AccountId
    from core.ports.store import ReadTransaction

HELP = "Open, show, change and close the pots that pay for what communities ask for."
PLATFORMS = ("reddit", "mastodon", "discord")


def add(parser: argparse.ArgumentParser) -> None:
    """The options of each action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    opening = actions.add_parser("open", help="give a community a pot; its budget leaves the sponsor now")
    opening.add_argument("platform", choices=PLATFORMS)
    opening.add_argument("community", help="a subreddit, the number of a Discord server, or a Mastodon instance")
    opening.add_argument("--sponsor", required=True, type=int, metavar="N", help="the number of the account that gives")
    opening.add_argument("--name", metavar="TEXT", help="what replies call the community (default: as it is given)")
    listing = actions.add_parser("list", help="show all pots, newest first")
    changing = actions.add_parser("change", help="change a pot; what its budget is changed by moves now")
    closing = actions.add_parser("close", help="close a pot; what is left goes back to its sponsor")
    for action in (changing, closing):
        action.add_argument("pot", metavar="POT", help="its id, as `horde pot list` shows it")
    for action in (opening, changing):
        action.add_argument(
            "--budget", type=float, required=action is opening, metavar="KUDOS", help="what it pays in all"
        )
        action.add_argument("--member-day", type=float, metavar="KUDOS", help="most for one member a day")
        action.add_argument("--request", type=float, metavar="KUDOS", help="most for one request")
    for action in (opening, listing, changing, closing):
        action.add_argument("--json", action="store_true", help="print JSON")
        add_settings_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Does what the action says, beside running processes if there are any."""
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    from bots.pots import change_pot, close_pot, open_pot
    from bots.store.money.pots import all_pots
    from config.wiring import open_ground
    from core.domain.ids import AccountId

    async with open_ground(settings_of(arguments)) as ground:
        now_ms, uow = ground.clock.now_ms(), ground.uow
        match arguments.action:
            case "open":
                made = partial(
                    open_pot,
                    platform=arguments.platform,
                    community=arguments.community,
                    name=arguments.name or arguments.community,
                    sponsor_id=AccountId(arguments.sponsor),
                    terms=_terms(arguments),
                    now_ms=now_ms,
                )
                pots = [await uow.write(made)]
            case "change":
                pots = [
                    await uow.write(partial(change_pot, pot_id=arguments.pot, terms=_terms(arguments), now_ms=now_ms))
                ]
            case "close":
                pots = [await uow.write(partial(close_pot, pot_id=arguments.pot, now_ms=now_ms))]
            case _:
                pots = list(await uow.read(all_pots))
        left = [await uow.read(partial(_left_mk, account_id=pot.account_id)) for pot in pots]
    rows = [_row(pot, left_mk) for pot, left_mk in zip(pots, left, strict=True)]
    if arguments.json:
        sys.stdout.write(json.dumps(rows if arguments.action == "list" else rows[0]) + "\n")
        return 0
    if not rows:
        sys.stdout.write("There is no pot. Open one: horde pot open reddit pics --sponsor 12 --budget 1000\n")
    for pot, left_mk in zip(pots, left, strict=True):
        bounds = "".join(
            f", {kudos(bound_mk)} {what}"
            for bound_mk, what in ((pot.member_day_mk, "a member and day"), (pot.request_mk, "a request"))
            if bound_mk is not None
        )
        sys.stdout.write(
            f"{pot.id}  {pot.state:<7} {pot.platform}:{pot.community}  {kudos(left_mk)} of {kudos(pot.budget_mk)} "
            f"kudos left, from account {pot.sponsor_id}{bounds}\n"
        )
    return 0


def _terms(arguments: argparse.Namespace) -> PotTerms:
    from bots.pots import PotTerms

    def mk(amount: float | None) -> int | None:
        return None if amount is None else round(amount * MK)

    return PotTerms(
        budget_mk=mk(arguments.budget), member_day_mk=mk(arguments.member_day), request_mk=mk(arguments.request)
    )


def _left_mk(tx: ReadTransaction, *, account_id: AccountId) -> int:
    account = tx.accounts.get(account_id)
    return account.available_mk if account else 0


def _row(pot: Pot, left_mk: int) -> dict[str, object]:
    return {
        "id": pot.id,
        "platform": pot.platform,
        "community": pot.community,
        "name": pot.name,
        "state": pot.state.value,
        "sponsor": pot.sponsor_id,
        "budget": pot.budget_mk / MK,
        "left": left_mk / MK,
        "member_day": None if pot.member_day_mk is None else pot.member_day_mk / MK,
        "request": None if pot.request_mk is None else pot.request_mk / MK,
    }
