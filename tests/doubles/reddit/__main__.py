"""Starts the double and says how to talk to it."""

import argparse
import asyncio
import sys

from tests.doubles.reddit.server import RedditDouble


async def serve(port: int) -> None:
    """Serves until Ctrl-C."""
    double = RedditDouble()
    async with double.running(port):
        town = double.town
        sys.stdout.write(
            f"{double.url}\n"
            f"  reddit.client_id={town.client[0]} client_secret={town.client[1]!r} username={town.bot}"
            f" password={town.password!r} refresh_token={town.refresh_token}\n"
            f"  summon: curl -d 'text=u/{town.bot} draw for me a red heart' {double.url}/_mention\n"
            f"  look:   curl {double.url}/_town\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    try:
        asyncio.run(serve(parser.parse_args().port))
    except KeyboardInterrupt:
        sys.exit(0)
