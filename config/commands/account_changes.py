"""`horde account change|award|new-key`: what operators do to accounts."""

import argparse
import sys
from functools import partial

from config.commands.common import MK, kudos, settings_of

_FLAGS = ("moderator", "trusted", "flagged", "service", "education", "customizer", "special", "vpn")


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> list[argparse.ArgumentParser]:
    """The actions with their options; each still needs those that every command has."""
    change = actions.add_parser("change", help="change roles and limits of an account")
    for flag in _FLAGS:
        change.add_argument(f"--{flag}", choices=("yes", "no"), help=f"is it {flag}, or not")
    change.add_argument("--name", metavar="TEXT", help="its new name")
    change.add_argument(
        "--monthly-kudos", type=int, metavar="N", help="granted each calendar month; a raise pays at once"
    )
    change.add_argument("--waiting-max", type=int, metavar="N", help="waiting jobs it may have; -1: as everyone")
    change.add_argument("--workers-max", type=int, metavar="N", help="workers it may have; -1: as everyone")
    award = actions.add_parser("award", help="give an account kudos from the mint")
    new_key = actions.add_parser("new-key", help="make a new API key, which is shown this once; the old ones die")
    for action in (change, award, new_key):
        action.add_argument("account", help="its number and name: name#number" if action is award else "its number")
    award.add_argument("kudos", type=int, help="so many")
    award.add_argument("--why", default="", metavar="TEXT", help="kept in the journal")
    award.add_argument("--from-treasury", action="store_true", help="from what taxes and fees have brought instead")
    return [change, award, new_key]


async def change(arguments: argparse.Namespace, account_id: int) -> int:
    """Changes the account and prints how it stands."""
    from config.wiring import open_ground
    from core.domain.account_changes import AccountChange
    from core.domain.ids import AccountId
    from core.services.people.change import change_account

    def wished(flag: str) -> bool | None:
        return {"yes": True, "no": False}.get(getattr(arguments, flag))

    wanted = AccountChange(
        moderator=wished("moderator"),
        trusted=wished("trusted"),
        flagged=wished("flagged"),
        service=wished("service"),
        education=wished("education"),
        customizer=wished("customizer"),
        special=wished("special"),
        vpn=wished("vpn"),
        name=arguments.name,
        monthly_mk=None if arguments.monthly_kudos is None else arguments.monthly_kudos * MK,
        waiting_max=arguments.waiting_max,
        workers_max=arguments.workers_max,
    )
    async with open_ground(settings_of(arguments)) as ground:
        account = await ground.uow.write(
            partial(
                change_account,
                actor=None,
                account_id=AccountId(account_id),
                change=wanted,
                policy=ground.policy.kudos,
                now_ms=ground.clock.now_ms(),
            )
        )
    roles = ", ".join(name for name in _FLAGS if getattr(account, name)) or "none"
    sys.stdout.write(f"account  {account.handle}\nroles    {roles}\nkudos    {kudos(account.kudos_mk)}\n")
    sys.stdout.write(f"monthly  {kudos(account.monthly_mk)}\n")
    return 0


async def award(arguments: argparse.Namespace) -> int:
    """Awards the kudos and prints that."""
    from config.wiring import open_ground
    from core.services.kudos.award import award as award_kudos

    async with open_ground(settings_of(arguments)) as ground:
        made = await ground.uow.write(
            partial(
                award_kudos,
                actor=None,
                target=arguments.account,
                amount_mk=arguments.kudos * MK,
                why=arguments.why,
                policy=ground.policy.kudos,
                now_ms=ground.clock.now_ms(),
                from_treasury=arguments.from_treasury,
            )
        )
    sys.stdout.write(f"{arguments.account} has {kudos(made.amount_mk)} kudos more.\n")
    return 0


async def new_key(arguments: argparse.Namespace, account_id: int) -> int:
    """Prints the account's new key."""
    from config.wiring import open_ground
    from core.domain.ids import AccountId
    from core.services.people.rotate import rotate_key

    async with open_ground(settings_of(arguments)) as ground:
        made = await ground.uow.write(
            partial(rotate_key, actor=None, account_id=AccountId(account_id), now_ms=ground.clock.now_ms())
        )
    sys.stdout.write(f"account  {made.account.handle}\nAPI key  {made.api_key}\n")
    sys.stdout.write("This key is shown this once and stored only as a hash: keep it now. Every older key is dead.\n")
    return 0
