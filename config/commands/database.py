"""`horde db upgrade`: the database has the schema of this program."""

import argparse
import sys

from config.commands.common import add_settings_options, settings_of

HELP = "Look after the database."


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde db upgrade`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    upgrade = actions.add_parser("upgrade", help="bring the database to this program's schema; makes it if need be")
    add_settings_options(upgrade)


def run(arguments: argparse.Namespace) -> int:
    """Upgrades the database."""
    from config.wiring import prepare_data

    settings = settings_of(arguments)
    prepare_data(settings)
    sys.stdout.write(f"{settings.database_url} is at this program's schema.\n")
    return 0
