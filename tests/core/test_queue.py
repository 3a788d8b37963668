"""The way of a request through the queue, scene by scene."""

from dataclasses import replace

import pytest

from core.domain.errors import (
    InvalidRequest,
    NotFound,
    NotPermitted,
    TooManyJobs,
    Unauthorized,
)
from core.domain.events import EventKind
from core.domain.ids import ANONYMOUS, ANONYMOUS_KEY, TREASURY, RequestId
from core.domain.requests import RequestState
from core.services.events.read import events_after, prune_events
from core.services.people.authenticate import authenticate
from core.services.people.describe import describe
from core.services.people.register import register
from core.services.queue.overview import overview
from tests.core.scene import MODEL, Scene, draft


async def test_the_whole_way(scene: Scene) -> None:
    owner, guest = (await scene.account("owner", trusted=True)).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=2))
    assert (accepted.price_mk, accepted.balance_after_mk, accepted.duplicate) == (13_000, -13_000, False)
    assert not accepted.is_possible
    before = await scene.look(guest.id)
    assert (before.kudos_mk, before.held_mk) == (0, 13_000)

    offer = scene.offer(owner.id)
    first = await scene.pop_one(offer)
    assert (first.prompt, first.model, first.ttl_s) == ("a red heart", MODEL, 150)
    middle = await scene.status(accepted.request_id)
    assert (middle.waiting, middle.processing, middle.queue_position, middle.is_possible) == (1, 1, 1, True)
    scene.clock.pass_s(3)
    rewarded = await scene.hand_in(first, owner.id)
    assert (rewarded.reward_mk, rewarded.request_finished) == (6_500, False)
    second = await scene.pop_one(offer)
    assert (await scene.hand_in(second, owner.id)).request_finished

    end = await scene.status(accepted.request_id)
    assert (end.state, end.done, end.finished, end.faulted) == (RequestState.DONE, True, 2, False)
    assert [result.job_id for result in end.results] == list(accepted.job_ids)
    assert len({result.seed for result in end.results}) == 2
    assert (await scene.look(guest.id)).kudos_mk == -13_000
    assert (await scene.look(owner.id)).kudos_mk == 13_000
    report = await scene.audit()
    assert (report.held_mk, report.holds_pending) == (0, 0)
    events = await scene.uow.read(lambda tx: events_after(tx, cursor=0))
    assert [event.kind for event in events] == [
        EventKind.REQUEST_ACCEPTED,
        EventKind.JOB_LEASED,
        EventKind.JOB_DONE,
        EventKind.JOB_LEASED,
        EventKind.JOB_DONE,
        EventKind.REQUEST_FINISHED,
    ]
    assert events[-1].body == {"kind": "image", "done": 2, "faulted": 0, "cancelled": 0, "expired": 0}


async def test_the_richer_of_two_guests_is_served_first(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    poor = (await scene.account("poor", guest=True)).account
    rich = (await scene.account("rich", guest=True, kudos=50)).account
    await scene.ask(poor.id, draft("poor's"))
    scene.clock.pass_s(1)
    await scene.ask(rich.id, draft("rich's"))
    offer = scene.offer(owner.id)
    assert [(await scene.pop_one(offer)).prompt for _ in range(2)] == ["rich's", "poor's"]


async def test_a_flood_lowers_itself(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    flood, other = (await scene.account("flood")).account, (await scene.account("other")).account
    await scene.ask(flood.id, draft("flood's", n=20))
    scene.clock.pass_s(3)
    await scene.ask(other.id, draft("other's"))
    offer = scene.offer(owner.id)
    prompts = [(await scene.pop_one(offer)).prompt for _ in range(21)]
    assert prompts.index("other's") < 5


async def test_the_owner_and_friends_come_first(scene: Scene) -> None:
    owner, friend, rich = [
        (await scene.account(name, kudos=kudos)).account
        for name, kudos in (("owner", 0), ("friend", 0), ("rich", 9_000))
    ]
    for account in (rich, friend, owner):
        await scene.ask(account.id, draft(account.name))
        scene.clock.pass_s(1)
    offer = scene.offer(owner.id, priority_usernames=(friend.handle,))
    assert {(await scene.pop_one(offer)).prompt for _ in range(2)} == {"owner", "friend"}
    assert (await scene.pop_one(offer)).prompt == "rich"
    with pytest.raises(InvalidRequest, match="name#number"):
        await scene.pop(replace(offer, priority_usernames=("friend",)))
    with pytest.raises(InvalidRequest, match=r"51 people .* at most 50"):
        await scene.pop(replace(offer, priority_usernames=("friend#1",) * 51))


async def test_a_worker_that_serves_its_own_requester_moves_no_balance(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    await scene.ask(owner.id)
    job = await scene.pop_one(scene.offer(owner.id))
    assert (await scene.hand_in(job, owner.id)).reward_mk == 6_500
    after = await scene.look(owner.id)
    assert (after.kudos_mk, after.held_mk) == (0, 0)
    await scene.audit()


async def test_a_fee_goes_to_the_treasury(scene: Scene) -> None:
    scene.policy = replace(scene.policy, fee_per_mille=100)
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id))
    assert (await scene.hand_in(job, owner.id)).reward_mk == 5_850
    treasury = await scene.do(lambda tx: tx.accounts.get(TREASURY))
    assert treasury is not None
    assert treasury.kudos_mk == 650
    await scene.audit()


async def test_a_censored_result_is_a_result(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.hand_in(job, owner.id, state="censored")
    assert [result.state for result in (await scene.status(accepted.request_id)).results] == ["censored"]
    with pytest.raises(InvalidRequest, match="'csam' is not a result"):
        await scene.hand_in(job, owner.id, state="csam")


async def test_the_same_key_is_the_same_request(scene: Scene) -> None:
    guest, other = await scene.guest("a"), await scene.guest("b")
    first = await scene.ask(guest.id, key="k")
    again = await scene.ask(guest.id, draft("something else"), key="k")
    assert (again.request_id, again.job_ids, again.duplicate) == (first.request_id, first.job_ids, True)
    assert again.balance_after_mk == first.balance_after_mk
    assert not (await scene.ask(other.id, key="k")).duplicate
    assert (await scene.look(guest.id)).held_mk == 6_500


async def test_the_number_of_waiting_jobs_is_bounded(scene: Scene) -> None:
    guest = await scene.guest()
    await scene.ask(guest.id, draft(n=20))
    with pytest.raises(TooManyJobs, match=r"20 jobs waiting.* 11 more .* limit of 30") as caught:
        await scene.ask(guest.id, draft(n=11))
    assert (caught.value.limit, caught.value.value) == (30, 31)
    await scene.ask(guest.id, draft(n=10))
    scene.policy = replace(scene.policy, waiting_anonymous_max=25)
    await scene.ask(ANONYMOUS, draft(n=20))
    with pytest.raises(TooManyJobs, match="Everyone without an account together"):
        await scene.ask(ANONYMOUS, draft(n=6))


async def test_anonymous_balances_have_many_slots_and_one_sum(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    for _ in range(20):
        await scene.ask(ANONYMOUS)
    assert (await scene.look(ANONYMOUS)).held_mk == 130_000
    offer = scene.offer(owner.id)
    for _ in range(20):
        await scene.hand_in(await scene.pop_one(offer), owner.id)
    assert (await scene.look(ANONYMOUS)).kudos_mk == -130_000
    await scene.audit()


async def test_an_empty_pop_says_why(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id, draft(n=3, models=("other",)))
    await scene.ask(guest.id, draft(n=2, nsfw=True))
    await scene.ask(guest.id, draft(px=2048))
    popped = await scene.pop(scene.offer(owner.id, nsfw=False))
    assert popped.skipped == {"models": 3, "nsfw": 2, "max_pixels": 1}


async def test_blacklisted_words_do_not_hide_the_rest(scene: Scene) -> None:
    scene.policy = replace(scene.policy, waiting_max=1_000, scan_max=4)
    owner = (await scene.account("owner", kudos=10**6)).account
    guest = await scene.guest()
    for _ in range(10):
        await scene.ask(guest.id, draft("a SPIDER"))
        scene.clock.pass_s(60)
    await scene.ask(guest.id, draft("a cat"))
    offer = scene.offer(owner.id, blacklist=("spider",))
    found = [len((await scene.pop(offer)).jobs) for _ in range(4)]
    assert found == [0, 0, 1, 0], "four candidates a look, and the next look goes on"
    assert (await scene.pop(scene.offer(owner.id, "other"))).jobs[0].prompt == "a SPIDER"


async def test_allow_and_deny_lists(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    one, two = scene.offer(owner.id, "one"), scene.offer(owner.id, "two")
    one_id, two_id = (await scene.pop(one)).worker_id, (await scene.pop(two)).worker_id
    assert one_id
    assert two_id
    await scene.ask(guest.id, draft("only two", worker_ids=(two_id,)))
    await scene.ask(guest.id, draft("not one", worker_ids=(one_id,), worker_blacklist=True))
    assert not (await scene.pop(one)).jobs
    assert {(await scene.pop_one(two)).prompt for _ in range(2)} == {"only two", "not one"}


async def test_a_batch_is_of_one_request(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id, draft("three", n=3))
    await scene.ask(guest.id, draft("one"))
    popped = await scene.pop(scene.offer(owner.id), limit=5)
    assert len({job.request_id for job in popped.jobs}) == 1
    assert len(popped.jobs) in (1, 3)


async def test_a_worker_s_name_belongs_to_its_owner(scene: Scene) -> None:
    owner, thief = (await scene.account("owner")).account, (await scene.account("thief")).account
    await scene.pop(scene.offer(owner.id))
    with pytest.raises(NotPermitted, match="belongs to another account"):
        await scene.pop(scene.offer(thief.id))
    with pytest.raises(InvalidRequest, match="1 to 100"):
        await scene.pop(scene.offer(owner.id, ""))
    await scene.ask(owner.id)
    job = await scene.pop_one(scene.offer(owner.id))
    with pytest.raises(NotFound):
        await scene.hand_in(job, thief.id)
    with pytest.raises(NotPermitted):
        await scene.hand_in(job, thief.id, lease_id=job.lease_id)


async def test_seeds(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    fixed = draft(n=3)
    await scene.ask(guest.id, replace(fixed, params=replace(fixed.image, seed=2**32 - 1)))
    popped = await scene.pop(scene.offer(owner.id), limit=3)
    assert [job.seed for job in popped.jobs] == [2**32 - 1, 0, 1]


async def test_an_alias_gives_way_to_the_real_model(scene: Scene) -> None:
    scene.policy = replace(scene.policy, default_models=(MODEL,), model_aliases={"stable_diffusion": MODEL})
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id, draft("alias", models=("stable_diffusion",)))
    await scene.ask(guest.id, draft("default", models=()))
    offer = scene.offer(owner.id)
    assert [job.model for job in [await scene.pop_one(offer), await scene.pop_one(offer)]] == [MODEL, MODEL]
    real = scene.offer(owner.id, "real", models=("stable_diffusion",))
    await scene.pop(real)
    await scene.ask(guest.id, draft("real", models=("stable_diffusion",)))
    assert not (await scene.pop(offer)).jobs
    assert (await scene.pop_one(real)).model == "stable_diffusion"


async def test_people(scene: Scene) -> None:
    made = await scene.account("Ann", kudos=7, trusted=True)
    assert made.account.handle == f"Ann#{made.account.id}"
    assert (made.account.kudos_mk, made.account.trusted) == (7_000, True)
    found = await scene.uow.read(lambda tx: authenticate(tx, api_key=made.api_key))
    assert found == made.account
    anonymous = await scene.uow.read(lambda tx: authenticate(tx, api_key=ANONYMOUS_KEY))
    assert (anonymous.id, anonymous.is_anonymous) == (ANONYMOUS, True)
    with pytest.raises(Unauthorized, match="No account has this API key"):
        await scene.uow.read(lambda tx: authenticate(tx, api_key="wrong"))
    for name in ("", "x" * 31, "a#b", "a\x07b"):
        with pytest.raises(InvalidRequest, match="printable characters"):
            await scene.do(lambda tx, name=name: register(tx, name=name, now_ms=0))  # type: ignore[misc]
    guest, again = await scene.guest("x"), await scene.guest("x")
    assert (guest, guest.guest) == (again, True)
    assert (await scene.guest("y")).id != guest.id
    described = await scene.uow.read(lambda tx: describe(tx, account_id=made.account.id))
    assert [one.amount_mk for one in described.transfers] == [7_000]
    with pytest.raises(NotFound):
        await scene.uow.read(lambda tx: describe(tx, account_id=made.account.id + 99))  # type: ignore[arg-type]


async def test_the_overview(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id, draft(n=3))
    await scene.pop_one(scene.offer(owner.id, threads=2))
    seen = await scene.uow.read(lambda tx: overview(tx, now_ms=scene.clock.now_ms()))
    assert (seen.waiting, seen.processing, seen.workers_online, seen.threads_online) == (2, 1, 1, 2)
    assert (seen.models_online, seen.waiting_by_kind) == ((MODEL,), {"image": 2})
    scene.clock.pass_s(301)
    assert (await scene.uow.read(lambda tx: overview(tx, now_ms=scene.clock.now_ms()))).workers_online == 0


async def test_the_queue_position_counts_who_is_before(scene: Scene) -> None:
    asked = []
    for name in ("a", "b", "c"):
        asked.append(await scene.ask((await scene.guest(name)).id))
        scene.clock.pass_s(1)
    positions = [(await scene.status(one.request_id)).queue_position for one in asked]
    assert positions == [1, 2, 3]
    with pytest.raises(NotFound, match="no request none"):
        await scene.status(RequestId("none"))


async def test_events_are_pruned_only_below_every_cursor(scene: Scene) -> None:
    guest = await scene.guest()
    for _ in range(4):
        await scene.ask(guest.id)
    scene.clock.pass_s(8 * 24 * 3_600)
    await scene.ask(guest.id)

    async def prune() -> int:
        return await scene.do(lambda tx: prune_events(tx, policy=scene.policy, now_ms=scene.clock.now_ms()))

    places = [event.seq for event in await scene.uow.read(lambda tx: events_after(tx, cursor=0))]
    await scene.do(lambda tx: tx.events.move_cursor("a", places[2]))
    await scene.do(lambda tx: tx.events.move_cursor("b", places[0]))
    await scene.do(lambda tx: tx.events.move_cursor("b", 0))
    assert await scene.uow.read(lambda tx: tx.events.cursor("b")) == places[0], "a cursor never moves back"
    assert await prune() == 1
    await scene.do(lambda tx: tx.events.move_cursor("b", places[4]))
    assert await prune() == 2
    await scene.do(lambda tx: tx.events.move_cursor("a", places[4]))
    assert await prune() == 1, "the new one is kept for its week"
    await scene.ask(guest.id)
    last = await scene.uow.read(lambda tx: tx.events.last_seq())
    assert last > places[4], "positions are never used again"
    assert last & (2**64 - 1) == 6, "nor are numbers"
