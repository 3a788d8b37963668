"""`horde outbox ...`: what waits to be posted, and what could not be."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from config.commands.common import add_settings_options, settings_of

if TYPE_CHECKING:
    from bots.store.outbox.letters import Letter

HELP = "Show the posts of the bots that are on their way or dead, and have dead ones tried again."
STATES = ("pending", "sending", "unknown", "dead", "sent")
PLATFORMS = ("commons", "reddit", "mastodon", "discord")
LIMIT, LIMIT_MAX = 50, 10_000
REASON_CHARS = 80


def add(parser: argparse.ArgumentParser) -> None:
    """The options of each action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show posts, newest first; without --state all that are not sent")
    listing.add_argument("--state", choices=STATES, help="only posts in this state")
    listing.add_argument("--limit", type=_limit, default=LIMIT, metavar="N", help=f"at most N posts (default: {LIMIT})")
    again = actions.add_parser(
        "requeue",
        help="have dead posts tried again: the platform is asked for each first, so none is there twice",
    )
    again.add_argument("ids", nargs="*", metavar="ID", help="ids that `horde outbox list --state dead` shows")
    again.add_argument("--dead", action="store_true", help="all dead posts of --platform")
    for action in (listing, again):
        action.add_argument("--platform", choices=PLATFORMS, help="only posts on this platform")
        action.add_argument("--json", action="store_true", help="print JSON")
        add_settings_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Does what the action says, beside running processes if there are any."""
    if arguments.action == "list":
        return asyncio.run(_list(arguments))
    if bool(arguments.ids) == arguments.dead or (arguments.dead and not arguments.platform):
        sys.stderr.write(
            "horde outbox requeue: name the posts (horde outbox requeue ID ...), or a platform all of whose dead posts "
            "are meant (horde outbox requeue --dead --platform mastodon).\n"
        )
        return 2
    return asyncio.run(_requeue(arguments))


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LIMIT_MAX:
        message = f"{text!r} is not a whole number from 1 to {LIMIT_MAX}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


async def _list(arguments: argparse.Namespace) -> int:
    from bots.store.outbox.letters import letters
    from bots.store.rows import OutboxState
    from config.wiring import open_ground

    states = [OutboxState(arguments.state)] if arguments.state else [one for one in OutboxState if one != "sent"]
    async with open_ground(settings_of(arguments)) as ground:
        found = await ground.uow.read(
            partial(letters, states=states, platform=arguments.platform, limit=arguments.limit)
        )
        now_ms = ground.clock.now_ms()
    if arguments.json:
        sys.stdout.write(json.dumps([_row(one, now_ms) for one in found], indent=1) + "\n")
        return 0
    if not found:
        sys.stdout.write("No such post is in the outbox.\n")
        return 0
    table = [("ID", "PLATFORM", "TARGET", "STATE", "ATTEMPTS", "AGE", "REASON")]
    table += [
        (one.id, one.platform, one.target, one.state, str(one.attempts), _age(one, now_ms), _short(one.reason))
        for one in found
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")
    if len(found) == arguments.limit:
        sys.stdout.write(f"These are the newest {arguments.limit}; --limit shows more.\n")
    return 0


async def _requeue(arguments: argparse.Namespace) -> int:
    from bots.store.outbox.letters import requeue, requeue_all
    from config.wiring import open_ground

    async with open_ground(settings_of(arguments)) as ground:
        now_ms = ground.clock.now_ms()
        work = (
            partial(requeue_all, platform=arguments.platform, now_ms=now_ms)
            if arguments.dead
            else partial(requeue, ids=arguments.ids, platform=arguments.platform, now_ms=now_ms)
        )
        done = await ground.uow.write(work)
    if arguments.json:
        sys.stdout.write(json.dumps({"requeued": done}) + "\n")
    elif done:
        sys.stdout.write(
            f"{len(done)} requeued. The running bots first ask the platform whether it has them, and send what is "
            "missing; horde outbox list shows how far they are.\n"
        )
    else:
        sys.stdout.write("Nothing there is dead: nothing was changed.\n")
    return 0


def _row(one: Letter, now_ms: int) -> dict[str, object]:
    return {
        "id": one.id,
        "platform": one.platform,
        "target": one.target.value,
        "state": one.state.value,
        "attempts": one.attempts,
        "age_s": max(now_ms - one.created_at_ms, 0) // 1_000,
        "reason": one.reason,
    }


def _age(one: Letter, now_ms: int) -> str:
    """How long ago the post was written, in one unit."""
    seconds = max(now_ms - one.created_at_ms, 0) // 1_000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _short(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= REASON_CHARS else line[: REASON_CHARS - 1] + "…"
