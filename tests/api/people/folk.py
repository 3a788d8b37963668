"""The people of these tests, each with a role, and short calls for what they do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.domain.accounts import Account
from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from tests.api.scene import MODEL, Builder, Horde, Reply, webp

ADMIN = 1
"""The number of the account that is made first; the policy names it an admin."""
PUBLIC = {
    "username",
    "id",
    "kudos",
    "concurrency",
    "worker_invited",
    "moderator",
    "kudos_details",
    "worker_count",
    "styles",
    "trusted",
    "flagged",
    "service",
    "education",
    "customizer",
    "deleted",
    "pseudonymous",
    "account_age",
    "usage",
    "contributions",
    "records",
}
OWNER = PUBLIC | {"worker_ids", "sharedkey_ids", "vpn", "special", "active_generations"}
MODERATOR = OWNER | {"evaluating_kudos", "monthly_kudos", "suspicious"}


@dataclass
class Folk:
    """A horde with an admin, a moderator, and people."""

    horde: Horde

    async def account(self, who: str) -> Account:
        return (await self.horde.account(who)).account

    async def id_of(self, who: str) -> int:
        return (await self.account(who)).id

    async def call(self, method: str, path: str, who: str | None = None, **more: Any) -> Reply:
        return await self.horde.call(method, f"/api/v2{path}", who=who, **more)

    async def refused(self, method: str, path: str, who: str | None = None, **more: Any) -> tuple[int, str]:
        """Return the status and the code of a refusal, which always says something."""
        reply = await self.call(method, path, who, **more)
        assert reply.body["message"]
        return reply.status, reply.body["rc"]

    async def user(self, who: str, by: str | None = None) -> Any:
        reply = await self.call("GET", f"/users/{await self.id_of(who)}", by)
        assert reply.status == 200
        return reply.body

    async def put(self, who: str, by: str, **change: Any) -> Reply:
        return await self.call("PUT", f"/users/{await self.id_of(who)}", by, json=change)

    async def amend(self, who: str, **values: Any) -> None:
        """Have an account be as these values say, past every rule."""
        account_id = (await self.account(who)).id

        def use_case(tx: Transaction) -> None:
            account = tx.accounts.lock(account_id)
            assert account is not None
            tx.accounts.put(replace(account, **values))

        await self.horde.uow.write(use_case)

    async def worker(self, who: str = "owner", **offer: Any) -> str:
        """Return the id of this account's worker, which has just asked for work."""
        popped = await self.horde.pop(who=who, **offer)
        assert popped.status == 200, popped.body
        name = offer.get("name", f"worker of {who}")
        found = await self.horde.uow.read(lambda tx: tx.workers.by_name(name))
        assert found is not None
        return found.id

    async def make_picture(self, *, asker: str = "asker", owner: str = "owner") -> str:
        """Have a picture be asked for and made; returns the request's id."""
        asked = await self.horde.ask(who=asker)
        popped = (await self.horde.pop(who=owner)).body
        await self.horde.upload(popped["r2_upload"], webp())
        assert (await self.horde.submit(popped["id"], who=owner)).status == 200
        request_id: str = asked.body["id"]
        return request_id

    async def run(self, use_case: Callable[[Transaction], Any]) -> Any:
        return await self.horde.uow.write(use_case)


async def people(build: Builder, **settings: Any) -> Folk:
    """Return a horde in which ``admin`` is an admin and ``boss`` a moderator."""
    policy = QueuePolicy(
        default_models=(MODEL,),
        kudos=KudosPolicy(admins=frozenset({ADMIN}), reverse_gift_s=60),  # type: ignore[arg-type]  # a number
    )
    folk = Folk(await build(policy=policy, **settings))
    assert (await folk.account("admin")).id == ADMIN
    await folk.horde.account("boss", moderator=True)
    return folk
