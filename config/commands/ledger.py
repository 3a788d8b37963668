"""`horde ledger check`: everything is recomputed from the journal, and there is no difference."""

import argparse
import asyncio
import sys

from config.commands.common import add_settings_options, kudos, settings_of

HELP = "Prove that the kudos ledger is right."


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde ledger check`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="recompute everything from the journal; exit code 1 on any difference")
    add_settings_options(check)


def run(arguments: argparse.Namespace) -> int:
    """Checks the ledger, at any time, beside running processes."""
    return asyncio.run(_check(arguments))


async def _check(arguments: argparse.Namespace) -> int:
    from config.wiring import open_ground
    from core.services.kudos.audit import audit

    async with open_ground(settings_of(arguments)) as ground:
        report = await ground.uow.read(audit)
    sys.stdout.write(f"accounts   {report.accounts}\ntransfers  {report.transfers}\n")
    sys.stdout.write(f"holds      {report.holds_pending} open, {kudos(report.held_mk)} kudos\n")
    sys.stdout.write(f"sum        {kudos(report.sum_mk)}\n")
    for difference in report.differences:
        sys.stdout.write(f"WRONG      {difference}\n")
    sys.stdout.write("The ledger is right.\n" if report.ok else f"{len(report.differences)} differences.\n")
    return 0 if report.ok else 1
