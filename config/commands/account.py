"""`horde account create|show`: accounts for operators."""

import argparse
import asyncio
import json
import sys
from functools import partial

from config.commands.common import MK, add_settings_options, kudos, settings_of

HELP = "Make an account with an API key, or show one."


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde account create` and `horde account show`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make an account and print its API key, this once")
    create.add_argument("name", help="1 to 30 characters, without #")
    create.add_argument("--kudos", type=int, default=0, metavar="N", help="begin with N kudos from the mint")
    create.add_argument("--trusted", action="store_true", help="its workers' pictures are checked less often")
    create.add_argument("--moderator", action="store_true", help="may moderate")
    show = actions.add_parser("show", help="show an account and its latest transfers")
    show.add_argument("account", help="its number or name#number")
    for action in (create, show):
        action.add_argument("--json", action="store_true", help="print one JSON object")
        add_settings_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Makes or shows the account."""
    action = _create if arguments.action == "create" else _show
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
    from core.domain.errors import InvalidRequest
    from core.domain.ids import AccountId
    from core.services.people.describe import describe

    number = arguments.account.rpartition("#")[2]
    if not number.lstrip("-").isdigit():
        raise InvalidRequest(
            f"{arguments.account!r} is no account: give its number or name#number.", field="account", value=number
        )
    async with open_ground(settings_of(arguments)) as ground:
        told = await ground.uow.read(partial(describe, account_id=AccountId(int(number))))
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
        }
        sys.stdout.write(json.dumps(row) + "\n")
        return 0
    sys.stdout.write(f"account     {account.handle}{'  (guest)' if account.guest else ''}\n")
    sys.stdout.write(f"kudos       {kudos(account.kudos_mk)}, {kudos(account.held_mk)} of them held\n")
    sys.stdout.write(f"waiting     {told.waiting} jobs\n")
    for one in told.identities:
        sys.stdout.write(f"identity    {one.platform}: {one.display_name}\n")
    for moved in told.transfers:
        sign = "+" if moved.to_id == account.id else "-"
        sys.stdout.write(f"transfer    {sign}{kudos(moved.amount_mk)}  {moved.reason}\n")
    return 0
