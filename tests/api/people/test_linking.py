"""A code that a bot told is taken with an API key, over real HTTP."""

from dataclasses import replace
from functools import partial

import pytest

from core.domain.ids import MINT, AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.linking import CODE_LIFE_MS, TRIES_MAX
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer
from core.services.linking.code import make_code
from core.services.people.identify import identify
from tests.api.people.folk import Folk
from tests.api.scene import Builder, Reply

LINK = "/api/extras/link"


async def code_of(folk: Folk, name: str) -> str:
    """What a bot tells whoever says `link` to it."""
    asked = partial(make_code, platform="reddit", external_id=name, display_name=name, now_ms=folk.horde.clock.now_ms())
    return await folk.horde.uow.write(asked)


async def guest(folk: Folk, name: str, *, kudos: int) -> int:
    """Somebody of a platform who has so much; returns the account's number."""
    now_ms, uow = folk.horde.clock.now_ms(), folk.horde.uow
    asked = partial(identify, platform="reddit", external_id=name, display_name=name, now_ms=now_ms)
    account = await uow.write(asked)
    granted = partial(
        transfer,
        transfer_id=f"grant:{name}",
        from_id=MINT,
        to_id=account.id,
        amount_mk=kudos * 1_000,
        reason=TransferReason.GRANT,
        now_ms=now_ms,
    )
    await uow.write(granted)
    return account.id


async def send(folk: Folk, code: str, *, who: str = "ann", **headers: str) -> Reply:
    return await folk.horde.call("POST", LINK, who=who, json={"code": code}, headers=headers)


async def refused(folk: Folk, code: str, *, who: str = "ann") -> tuple[int, str]:
    reply = await send(folk, code, who=who)
    assert reply.body["message"]
    return reply.status, reply.body["rc"]


async def test_a_code_joins_its_name_and_brings_its_kudos(folk: Folk) -> None:
    await guest(folk, "robin", kudos=7)
    before = await folk.horde.kudos_of("ann")
    code = await code_of(folk, "robin")
    reply = await send(folk, code.replace("-", "").lower())
    assert reply.status == 200, reply.body
    merge = reply.body.pop("merge")
    assert reply.body == {
        "username": (await folk.account("ann")).handle,
        "kudos": before + 7,
        "moved": 7,
        "joined": [{"platform": "reddit", "name": "robin"}],
    }
    assert (await folk.horde.uow.read(lambda tx: tx.links.merge(merge))) is not None
    assert await folk.horde.kudos_of("ann") == before + 7
    assert await refused(folk, code) == (404, "LinkCodeUnknown"), "a code is good once"
    assert await refused(folk, await code_of(folk, "robin")) == (409, "AlreadyLinked")
    await folk.horde.assert_ledger_is_whole()


async def test_the_same_idempotency_key_joins_once_and_answers_alike(folk: Folk) -> None:
    await guest(folk, "robin", kudos=7)
    code = await code_of(folk, "robin")
    header = {"Idempotency-Key": "one"}
    first, again = [await send(folk, code, **header) for _ in range(2)]
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["Idempotent-Replay"] == "true"
    other = await send(folk, await code_of(folk, "kit"), **header)
    assert (other.status, other.body["rc"]) == (409, "IdempotencyKeyConflict")


async def test_a_code_that_is_over_joins_nothing(folk: Folk) -> None:
    code = await code_of(folk, "robin")
    folk.horde.clock.ahead_ms += CODE_LIFE_MS
    assert await refused(folk, code) == (404, "LinkCodeUnknown")


async def test_wrong_codes_are_counted_although_each_is_refused(folk: Folk) -> None:
    code = await code_of(folk, "robin")
    for _ in range(TRIES_MAX):
        assert await refused(folk, "NOPE-NOPE") == (404, "LinkCodeUnknown")
    late = await send(folk, code)
    assert (late.status, late.body["rc"], late.headers["Retry-After"]) == (429, "TooManyRequests", "600")
    assert (await send(folk, code, who="bob")).status == 200, "another's tries are another's"


@pytest.mark.parametrize("side", ["whoever asked", "whoever types"])
async def test_who_is_flagged_is_not_linked_and_the_code_is_used_up(folk: Folk, side: str) -> None:
    number = await guest(folk, "robin", kudos=7)
    if side == "whoever types":
        number = await folk.id_of("ann")
    await flag(folk, number, flagged=True)
    code = await code_of(folk, "robin")
    assert await refused(folk, code) == (409, "LinkNotAllowed")
    await flag(folk, number, flagged=False)
    assert await refused(folk, code) == (404, "LinkCodeUnknown")
    await folk.horde.assert_ledger_is_whole()


async def flag(folk: Folk, number: int, *, flagged: bool) -> None:
    def use_case(tx: Transaction) -> None:
        account = tx.accounts.lock(AccountId(number))
        assert account is not None
        tx.accounts.put(replace(account, flagged=flagged))

    await folk.horde.uow.write(use_case)


async def test_two_registered_accounts_are_never_joined(folk: Folk) -> None:
    assert (await send(folk, await code_of(folk, "robin"), who="bob")).status == 200
    assert await refused(folk, await code_of(folk, "robin")) == (409, "BothRegistered")


async def test_a_key_of_one_s_own_is_needed_and_a_code_that_can_be_one(folk: Folk) -> None:
    code = await code_of(folk, "robin")
    nobody = await folk.horde.call("POST", LINK, json={"code": code}, headers={"apikey": "0000000000"})
    assert (nobody.status, nobody.body["rc"]) == (403, "AnonForbidden")
    assert (await folk.horde.call("POST", LINK, json={"code": code})).status == 400
    wrong = await folk.horde.call("POST", LINK, json={"code": code}, headers={"apikey": "nobody's"})
    assert (wrong.status, wrong.body["rc"]) == (401, "InvalidAPIKey")
    for body in ({}, {"code": ""}, {"code": 7}, {"code": "x" * 41}):
        assert (await folk.horde.call("POST", LINK, who="ann", json=body)).status == 400
    assert (await send(folk, code)).status == 200, "none of it used the code up"


async def test_a_key_may_try_ten_times_a_minute(build: Builder) -> None:
    folk = Folk(await build(limits_at=""))
    tried = [await send(folk, "NOPE-NOPE") for _ in range(11)]
    assert [reply.status for reply in tried] == [404] * TRIES_MAX + [429] * 6
    assert "Too many wrong codes" in tried[-2].body["message"]
    assert tried[-1].body == {"message": "10 per 1 minute"}
    assert (await send(folk, "NOPE-NOPE", who="bob")).status == 404, "each key has its own count"
