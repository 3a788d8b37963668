"""`horde account link|unlink`: what operators do where people's names and purses do not fit."""

import argparse
import sys
from functools import partial

from config.commands.common import kudos, settings_of
from core.domain.errors import InvalidRequest
from core.domain.kudos.linking import Linked, LinkRefusal

_WHY = {
    LinkRefusal.UNKNOWN_CODE: "There is no such code: one is good once and for ten minutes. Have the person ask again.",
    LinkRefusal.TOO_MANY_TRIES: "Too many wrong codes were given for this account. Wait ten minutes.",
    LinkRefusal.ALREADY_ONE: "Both have one purse already.",
    LinkRefusal.TWO_REGISTERED: "Both are registered accounts, and those are never joined.",
    LinkRefusal.NOT_ALLOWED: "One of the two is flagged, deleted, or nobody's. It cannot be linked.",
}


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> list[argparse.ArgumentParser]:
    """The actions with their options; each still needs those that every command has."""
    link = actions.add_parser("link", help="join a name on a platform, by the code it was told, to an account")
    link.add_argument("code", help="what the bot told the person who said `link`")
    link.add_argument("--account", required=True, metavar="NAME#N", help="the account that they share from now on")
    unlink = actions.add_parser("unlink", help="give a name on a platform an account of its own, or undo a merge")
    unlink.add_argument("platform", nargs="?", help="reddit, mastodon, discord or commons")
    unlink.add_argument("external_id", nargs="?", metavar="ID", help="the person's id there")
    unlink.add_argument("--undo", metavar="MERGE", help="a merge, as `account show` names it: all of it")
    return [link, unlink]


async def link(arguments: argparse.Namespace, account_id: int) -> int:
    """Uses the code for the account. Raises InvalidRequest where it joins nothing."""
    from config.wiring import open_ground
    from core.domain.ids import AccountId
    from core.services.linking.code import use_code

    async with open_ground(settings_of(arguments)) as ground:
        use = partial(
            use_code,
            code=arguments.code,
            account_id=AccountId(account_id),
            typed_by=("account", str(account_id)),
            now_ms=ground.clock.now_ms(),
        )
        found = await ground.uow.write(use)
    if not isinstance(found, Linked):
        raise InvalidRequest(_WHY[found], field="code")
    sys.stdout.write(
        f"account  {found.account.handle}\nkudos    {kudos(found.account.kudos_mk)}\nmerge    {found.merge.id}\n"
        f"To undo it: horde account unlink --undo {found.merge.id}\n"
    )
    return 0


async def unlink(arguments: argparse.Namespace) -> int:
    """Parts a name from its purse, or undoes a merge with all that went over."""
    from config.wiring import open_ground
    from core.services.linking.merge import undo_merge
    from core.services.linking.unlink import unlink as part

    named = arguments.platform is not None and arguments.external_id is not None
    if bool(arguments.undo) == named:
        sys.stderr.write("horde account unlink: give a platform and an id there, or --undo MERGE.\n")
        return 2
    async with open_ground(settings_of(arguments)) as ground:
        now_ms = ground.clock.now_ms()
        if arguments.undo:
            merge = await ground.uow.write(partial(undo_merge, merge_id=arguments.undo, now_ms=now_ms))
            sys.stdout.write(
                f"Undone: {len(merge.identities)} names are account {merge.from_id}'s again, and "
                f"{kudos(merge.moved_mk)} kudos are back from account {merge.to_id}.\n"
            )
            return 0
        own = await ground.uow.write(
            partial(part, platform=arguments.platform, external_id=arguments.external_id, now_ms=now_ms)
        )
    sys.stdout.write("It has its account for itself already.\n" if own is None else f"It is {own.handle} now.\n")
    return 0
