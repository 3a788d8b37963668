"""The command line: `horde COMMAND`, one module of config.commands each."""

import argparse
import sys
from collections.abc import Sequence

from config.commands import account, database, demo, doctor, draw, ledger, outbox, pot, simulate, up, work
from core.domain.errors import HordeError

COMMANDS = {
    "up": up,
    "demo": demo,
    "draw": draw,
    "work": work,
    "db": database,
    "ledger": ledger,
    "outbox": outbox,
    "pot": pot,
    "simulate": simulate,
    "account": account,
    "doctor": doctor,
}


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    parser = argparse.ArgumentParser(
        prog="horde", description="A horde of volunteers draws what people ask for. Start with: horde demo"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        module.add(subparsers.add_parser(name, help=module.HELP, description=module.HELP))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or settings."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["work"]:  # the worker has its own options and must not load ours first
        return work.run_with(given[1:])
    arguments = build_parser().parse_args(given)
    try:
        return int(COMMANDS[arguments.command].run(arguments))
    except HordeError as error:
        sys.stderr.write(f"horde {arguments.command}: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
