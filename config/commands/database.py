"""`horde db upgrade|copy`: the database has this program's schema; all of one database is in another."""

import argparse
import asyncio
import sys

from config.commands.common import add_settings_options, settings_of

HELP = "Look after the database."
TOLD_EVERY = 100_000


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde db upgrade` and `horde db copy`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    upgrade = actions.add_parser("upgrade", help="bring the database to this program's schema; makes it if need be")
    copy = actions.add_parser(
        "copy",
        help="copy everything into an empty database, SQLite or PostgreSQL",
        description="Copy everything of a stopped horde into an empty database: accounts, kudos, requests, the bots' "
        "work and where every reader of events stood. The copy is compared and its ledger checked before it is kept.",
    )
    copy.add_argument(
        "--from", dest="from_url", metavar="URL", help="the database to copy (default: the one in the settings)"
    )
    copy.add_argument(
        "--to",
        dest="to_url",
        metavar="URL",
        required=True,
        help="an empty one: postgresql://user:password@host:5432/horde or sqlite:////path/horde.db",
    )
    for action in (upgrade, copy):
        add_settings_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Upgrades the database, or copies it."""
    return asyncio.run(_copy(arguments)) if arguments.action == "copy" else _upgrade(arguments)


def _upgrade(arguments: argparse.Namespace) -> int:
    from config.wiring import prepare_data
    from core.store.urls import shown

    settings = settings_of(arguments)
    prepare_data(settings)
    sys.stdout.write(f"{shown(settings.database_url)} is at this program's schema.\n")
    return 0


async def _copy(arguments: argparse.Namespace) -> int:
    from bots.store.tables import metadata
    from config.wiring import MIGRATIONS
    from core.ports.clock import SystemClock
    from core.store.copy import copy_database
    from core.store.urls import shown

    def tell(table: str, rows: int) -> None:
        if rows % TOLD_EVERY == 0:
            sys.stdout.write(f"{table:<20} {rows:>12,} ...\n")
            sys.stdout.flush()

    copied = await copy_database(
        from_url=arguments.from_url or settings_of(arguments).database_url,
        to_url=arguments.to_url,
        versions=MIGRATIONS,
        others=(metadata,),
        clock=SystemClock(),
        tell=tell,
    )
    for table, rows in copied.rows.items():
        sys.stdout.write(f"{table:<20} {rows:>12,}\n")
    sys.stdout.write(f"{'in all':<20} {sum(copied.rows.values()):>12,}\n")
    sys.stdout.write(
        f"The copy has the same rows, and its ledger is right ({copied.report.transfers:,} transfers).\n"
        f"Next: set data.database_url to {shown(arguments.to_url)} and start the horde with the same data folder: "
        "its secret, which the API keys need, and its pictures stay there.\n"
    )
    return 0
