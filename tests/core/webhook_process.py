"""A process that tries a delivery and dies right after the POST: `-m tests.core.webhook_process URL FILE`."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from core.domain.calls.deliveries import Delivery, Posted
from core.loops.webhooks import WebhookSender
from core.store import open_store
from tests.core.scene import HandClock


@dataclass
class Last:
    """A poster whose first delivery arrives and is the last thing that its process does."""

    path: Path

    async def post(self, delivery: Delivery) -> Posted:
        await asyncio.to_thread(self.path.write_text, delivery.id)
        signal.raise_signal(signal.SIGKILL)
        return Posted(delivered=True, status=200)


async def main() -> None:
    url, path = sys.argv[1:]
    clock = HandClock()
    uow = await open_store(url, clock=clock, key_secret="test")
    await WebhookSender(uow=uow, clock=clock, poster=Last(Path(path)), tick_s=0.01).run()


if __name__ == "__main__":
    asyncio.run(main())
