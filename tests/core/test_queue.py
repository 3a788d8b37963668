"""The way of a request through the queue, scene by scene."""

from dataclasses import replace

import pytest

from core.domain.errors import (
    DuplicateSubmission,
    InvalidRequest,
    LeaseLost,
    NotFound,
    NotPermitted,
    TooManyJobs,
    Unauthorized,
)
from core.domain.events import EventKind
from core.domain.ids import ANONYMOUS, ANONYMOUS_KEY, TREASURY, RequestId
from core.domain.jobs import JobState
from core.domain.requests import RequestState
from core.services.events.read import events_after, prune_events
from core.services.people.authenticate import authenticate
from core.services.people.describe import describe
from core.services.people.register import register
from core.services.queue.lease import lease_of
from core.services.queue.overview import overview
from tests.core.scene import MODEL, Scene, draft


async def test_the_whole_way(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
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
        EventKind.JOB_LEASED,
        EventKind.REQUEST_FINISHED,
    ]
    assert events[-1].body == {"done": 2, "faulted": 0, "cancelled": 0, "expired": 0}


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


async def test_a_result_is_taken_once(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.hand_in(job, owner.id)
    with pytest.raises(DuplicateSubmission, match="already stored and paid"):
        await scene.hand_in(job, owner.id)
    with pytest.raises(DuplicateSubmission):
        await scene.fail(job, owner.id)
    assert (await scene.look(owner.id)).kudos_mk == 6_500
    await scene.audit()


async def test_a_late_submit_is_taken_while_the_job_still_waits(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    job = await scene.pop_one(offer)
    scene.clock.pass_s(151)
    assert await scene.reclaim() == 1
    assert (await scene.status(accepted.request_id)).restarted == 1
    assert (await scene.hand_in(job, owner.id)).request_finished
    with pytest.raises(DuplicateSubmission):
        await scene.hand_in(job, owner.id)
    assert not (await scene.pop(offer)).jobs
    await scene.audit()


async def test_a_late_submit_is_lost_when_another_has_the_job(scene: Scene) -> None:
    slow, quick = (await scene.account("slow")).account, (await scene.account("quick")).account
    guest = await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(slow.id, "slow"))
    scene.clock.pass_s(151)
    await scene.reclaim()
    again = await scene.pop_one(scene.offer(quick.id, "quick"))
    assert again.job_id == job.job_id
    with pytest.raises(LeaseLost, match="another worker has it now"):
        await scene.hand_in(job, slow.id)
    await scene.hand_in(again, quick.id)
    with pytest.raises(LeaseLost, match="another worker has finished it"):
        await scene.hand_in(job, slow.id)
    assert (await scene.look(slow.id)).kudos_mk == 0
    await scene.audit()


async def test_two_workers_of_one_owner_are_told_apart_by_the_lease(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    job = await scene.pop_one(scene.offer(owner.id, "one"))
    scene.clock.pass_s(151)
    await scene.reclaim()
    again = await scene.pop_one(scene.offer(owner.id, "two"))
    found = await scene.uow.read(lambda tx: lease_of(tx, job_id=job.job_id, account_id=owner.id))
    assert (found.lease_id, found.worker_name) == (again.lease_id, "two")
    with pytest.raises(LeaseLost):
        await scene.hand_in(job, owner.id, lease_id=job.lease_id)
    assert (await scene.hand_in(again, owner.id, lease_id=again.lease_id)).request_finished


async def test_a_new_start_of_a_worker_voids_its_earlier_life(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    await scene.ask(guest.id)
    first_life = scene.offer(owner.id, start_id="one")
    job = await scene.pop_one(first_life)
    assert not (await scene.pop(first_life)).jobs
    again = await scene.pop_one(replace(first_life, start_id="two"))
    assert again.job_id == job.job_id
    assert again.lease_id != job.lease_id
    with pytest.raises(LeaseLost):
        await scene.hand_in(job, owner.id, lease_id=job.lease_id)


async def test_progress_keeps_a_short_lease(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id, reports_progress=True)
    job = await scene.pop_one(offer)
    assert job.ttl_s == 20
    for step in range(1, 5):
        scene.clock.pass_s(15)
        reply = await scene.report(job.job_id, owner.id, step=step)
        assert (reply.cancelled, reply.lease_expires_at_ms) == (False, scene.clock.now_ms() + 20_000)
        assert await scene.reclaim() == 0
    shown = (await scene.status(accepted.request_id)).progress
    assert [(p.step, p.steps, p.worker_name) for p in shown] == [(4, 10, "worker")]
    scene.clock.pass_s(21)
    assert await scene.reclaim() == 1
    assert not (await scene.report(job.job_id, owner.id, step=5)).cancelled, "nobody took it meanwhile"
    scene.clock.pass_s(21)
    assert await scene.reclaim() == 1
    other = await scene.pop_one(scene.offer(owner.id, "other"))
    stale = await scene.do(lambda tx: tx.jobs.lease(job.lease_id))
    assert stale is not None
    assert not stale.is_current
    assert other.job_id == job.job_id


async def test_three_tries_then_faulted_and_given_back(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    states = []
    for _ in range(3):
        job = await scene.pop_one(offer)
        states.append(await scene.fail(job, owner.id))
    assert states == [JobState.WAITING, JobState.WAITING, JobState.FAULTED]
    end = await scene.status(accepted.request_id)
    assert (end.state, end.faulted, end.done, end.restarted) == (RequestState.FAULTED, True, True, 3)
    after = await scene.look(guest.id)
    assert (after.kudos_mk, after.held_mk) == (0, 0)
    await scene.audit()


async def test_a_job_handed_back_counts_no_try(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    offer = scene.offer(owner.id)
    for _ in range(5):
        assert await scene.release(await scene.pop_one(offer), owner.id) is JobState.WAITING
    assert (await scene.status(accepted.request_id)).restarted == 0
    job = await scene.pop_one(offer)
    await scene.hand_in(job, owner.id)
    assert await scene.release(job, owner.id) is JobState.DONE, "what is done stays done"


async def test_cancel_reaches_the_worker_at_its_next_report(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=3))
    job = await scene.pop_one(scene.offer(owner.id, reports_progress=True))
    assert await scene.cancel(accepted.request_id)
    assert (await scene.look(guest.id)).held_mk == 6_500, "the job in work is still held"
    assert (await scene.status(accepted.request_id)).state is RequestState.OPEN
    assert (await scene.report(job.job_id, owner.id)).cancelled
    assert (await scene.status(accepted.request_id)).state is RequestState.CANCELLED
    assert (await scene.look(guest.id)).held_mk == 0
    assert not await scene.cancel(accepted.request_id)
    assert (await scene.report(job.job_id, owner.id)).cancelled
    with pytest.raises(LeaseLost, match="it is cancelled"):
        await scene.hand_in(job, owner.id)
    with pytest.raises(NotFound):
        await scene.cancel(RequestId("none"))
    await scene.audit()


async def test_a_cancelled_job_that_is_handed_in_all_the_same_is_paid(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=2))
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.cancel(accepted.request_id)
    assert (await scene.hand_in(job, owner.id)).request_finished
    end = await scene.status(accepted.request_id)
    assert (end.state, len(end.results)) == (RequestState.CANCELLED, 1)
    assert (await scene.look(guest.id)).kudos_mk == -6_500
    await scene.audit()


async def test_a_request_past_its_time_stops_waiting(scene: Scene) -> None:
    guest = await scene.guest()
    first = await scene.ask(guest.id, draft(n=2))
    scene.clock.pass_s(600)
    second = await scene.ask(guest.id)
    scene.clock.pass_s(650)
    assert await scene.expire() == 1
    end = await scene.status(first.request_id)
    assert (end.state, end.done, end.faulted) == (RequestState.EXPIRED, True, True)
    assert (await scene.status(second.request_id)).state is RequestState.OPEN
    assert (await scene.look(guest.id)).held_mk == 6_500
    await scene.audit()


async def test_a_job_in_work_outlives_its_request_s_time(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id, draft(n=2, steps=500, px=1024))
    job = await scene.pop_one(scene.offer(owner.id, pixels_max=2**22))
    scene.clock.pass_s(1_201)
    assert await scene.expire() == 1
    middle = await scene.status(accepted.request_id)
    assert (middle.state, middle.waiting, middle.processing) == (RequestState.OPEN, 0, 1)
    await scene.hand_in(job, owner.id)
    assert (await scene.status(accepted.request_id)).state is RequestState.DONE
    assert await scene.expire() == 0
    await scene.audit()


async def test_a_lapsed_job_of_an_old_request_expires(scene: Scene) -> None:
    owner, guest = (await scene.account("owner")).account, await scene.guest()
    accepted = await scene.ask(guest.id)
    await scene.pop_one(scene.offer(owner.id))
    scene.clock.pass_s(1_300)
    assert await scene.reclaim() == 1
    end = await scene.status(accepted.request_id)
    assert (end.state, end.faulted) == (RequestState.EXPIRED, True)
    await scene.audit()


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
    await scene.ask(guest.id, replace(fixed, image=replace(fixed.image, seed=2**32 - 1)))
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

    await scene.do(lambda tx: tx.events.move_cursor("a", 3))
    await scene.do(lambda tx: tx.events.move_cursor("b", 1))
    await scene.do(lambda tx: tx.events.move_cursor("b", 0))
    assert await scene.uow.read(lambda tx: tx.events.cursor("b")) == 1, "a cursor never moves back"
    assert await prune() == 1
    await scene.do(lambda tx: tx.events.move_cursor("b", 5))
    assert await prune() == 2
    await scene.do(lambda tx: tx.events.move_cursor("a", 5))
    assert await prune() == 1, "the new one is kept for its week"
    await scene.ask(guest.id)
    assert await scene.uow.read(lambda tx: tx.events.last_seq()) == 6, "numbers are never used again"
