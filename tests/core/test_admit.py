"""What an account may ask for: upfront kudos, shared keys, and limits and order by what it is."""

from dataclasses import replace

import pytest

from core.domain.errors import InsufficientKudos, InvalidRequest, NotPermitted, TooManyJobs
from core.domain.ids import AccountId
from core.domain.kudos.keys import KeyTerms
from core.domain.kudos.policy import KudosPolicy
from core.domain.moderation import ALLOWED
from core.domain.policy import QueuePolicy
from core.domain.requests import Accepted, RequestDraft
from core.ports.store import Transaction
from core.services.kudos.keys import look_up, make_key
from core.services.queue.submit import submit
from tests.core.scene import Scene, draft

UPFRONT = QueuePolicy(kudos=KudosPolicy(upfront=True))


async def ask(
    scene: Scene, account_id: AccountId, a_draft: RequestDraft, *, key_id: str | None = None, downgrade: bool = False
) -> Accepted:
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: submit(
            tx,
            account_id=account_id,
            draft=a_draft,
            verdict=ALLOWED,
            policy=scene.policy,
            now_ms=now_ms,
            shared_key_id=key_id,
            allow_downgrade=downgrade,
        )
    )


async def change(scene: Scene, account_id: AccountId, **changes: object) -> None:
    def put(tx: Transaction) -> None:
        account = tx.accounts.get(account_id)
        assert account is not None
        tx.accounts.put(replace(account, **changes))  # type: ignore[arg-type] # names and types vary

    await scene.do(put)


async def test_what_is_large_needs_its_kudos_when_it_is_asked(scene: Scene) -> None:
    scene.policy = UPFRONT
    poor = (await scene.account("poor", kudos=10)).account
    with pytest.raises(InsufficientKudos, match="it asks for 1088 x 1088 pixels") as caught:
        await ask(scene, poor.id, draft(px=1_088))
    assert caught.value.code == "KudosUpfront"
    assert "10.00 kudos available" in str(caught.value)
    assert (await scene.look(poor.id)).held_mk == 0
    await ask(scene, poor.id, draft(px=1_024, n=4))
    assert (await scene.look(poor.id)).available_mk < 0, "what is small may be asked for in debt"
    rich = (await scene.account("rich", kudos=1_000)).account
    await ask(scene, rich.id, draft(px=1_088))
    scene.policy = QueuePolicy()
    await ask(scene, poor.id, draft(px=1_088))


async def test_a_longer_queue_makes_less_free_and_a_smaller_request_is_made_if_that_is_allowed(scene: Scene) -> None:
    scene.policy = replace(UPFRONT, waiting_max=1_000)
    for _ in range(25):
        await ask(scene, (await scene.guest()).id, draft(n=20))
    scene.clock.pass_s(2)
    poor = (await scene.account("poor")).account
    with pytest.raises(InsufficientKudos, match="with 500 jobs waiting and 0 worker threads up to 576 x 576"):
        await ask(scene, poor.id, draft(px=640))
    assert not (await ask(scene, poor.id, draft(px=576), downgrade=True)).downgraded
    accepted = await ask(scene, poor.id, draft(px=1_024, steps=60), downgrade=True)
    assert accepted.downgraded
    made = await scene.uow.read(lambda tx: tx.requests.get(accepted.request_id))
    assert made is not None
    assert (made.draft.image.width_px, made.draft.image.height_px, made.draft.image.steps) == (576, 576, 30)


async def test_a_request_with_a_shared_key_is_the_owner_s_and_keeps_to_the_budget(scene: Scene) -> None:
    owner = (await scene.account("owner", kudos=100)).account
    worker = (await scene.account("worker", trusted=True)).account
    now_ms = scene.clock.now_ms()
    terms = KeyTerms(name="for friends", budget_mk=20_000, max_image_pixels=512 * 512, max_image_steps=40)
    key = await scene.do(
        lambda tx: make_key(tx, account_id=owner.id, terms=terms, policy=scene.policy.kudos, now_ms=now_ms)
    )
    accepted = await ask(scene, owner.id, draft(n=2), key_id=key.id)
    assert accepted.price_mk == 13_000
    with pytest.raises(InsufficientKudos, match=r"has 7\.00 kudos left, and this costs 13\.00"):
        await ask(scene, owner.id, draft(n=2), key_id=key.id)
    with pytest.raises(InvalidRequest, match="allows up to 40 steps, and this asks for 41"):
        await ask(scene, owner.id, draft(steps=41), key_id=key.id)
    job = await scene.pop_one(scene.offer(worker.id))
    await scene.hand_in(job, worker.id)
    await scene.cancel(accepted.request_id)
    key, its_owner = await scene.uow.read(lambda tx: look_up(tx, key_id=key.id))
    assert (key.used_mk, key.left_mk, its_owner.id) == (6_500, 13_500, owner.id)
    await ask(scene, owner.id, draft(n=2), key_id=key.id)
    await scene.audit()


async def test_a_flagged_account_waits_longer(scene: Scene) -> None:
    flagged = (await scene.account("flagged", kudos=10_000)).account
    modest = (await scene.account("modest", kudos=100)).account
    await change(scene, flagged.id, flagged=True)
    await scene.ask(flagged.id, draft("of the flagged"))
    await scene.ask(modest.id, draft("of the modest"))
    worker = (await scene.account("worker")).account
    assert (await scene.pop_one(scene.offer(worker.id))).prompt == "of the modest"


async def test_an_education_account_is_kept_safe(scene: Scene) -> None:
    school = (await scene.account("school")).account
    await change(scene, school.id, education=True)
    accepted = await scene.ask(school.id, draft(nsfw=True, censor_nsfw=False))
    request = await scene.uow.read(lambda tx: tx.requests.get(accepted.request_id))
    assert request is not None
    assert (request.draft.nsfw, request.draft.censor_nsfw, request.draft.trusted_workers) == (False, True, True)
    for _ in range(9):
        await scene.ask(school.id, draft(n=20))
    with pytest.raises(TooManyJobs, match="over the limit of 200"):
        await scene.ask(school.id, draft(n=20))


async def test_an_account_may_have_a_limit_of_its_own(scene: Scene) -> None:
    account = (await scene.account("someone")).account
    await change(scene, account.id, waiting_max=1)
    await scene.ask(account.id)
    with pytest.raises(TooManyJobs, match="over the limit of 1"):
        await scene.ask(account.id)


async def test_a_deleted_account_asks_for_nothing(scene: Scene) -> None:
    account = (await scene.account("gone")).account
    await change(scene, account.id, deleted_at_ms=scene.clock.now_ms())
    with pytest.raises(NotPermitted, match="can ask for nothing") as caught:
        await scene.ask(account.id)
    assert caught.value.code == "DeletedUser"
