"""Random interleavings of everything that moves kudos; after each step the books are right."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from core.domain.errors import HordeError, LeaseLost
from core.domain.ids import ANONYMOUS, AccountId, RequestId
from core.domain.jobs import Leased
from core.domain.kudos.ledger import TransferReason
from core.services.kudos.transfer import transfer
from core.services.kudos.void import expire_holds
from core.store import open_store
from tests.core.kudos.rules import POLICY, KudosRules
from tests.core.scene import HandClock, Scene, draft
from tests.stores import StoreKind, fresh

MEMORY = Path("/dev/shm")  # noqa: S108 - a scratch file that needs no disk
WHO = st.integers(0, 3)


class Books(KudosRules):
    """Four accounts, two workers, and whatever may happen."""

    kind = StoreKind.SQLITE

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        folder = self.opened.enter_context(tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None))
        url = self.opened.enter_context(fresh(self.kind, Path(folder)))
        self.runner = self.opened.enter_context(asyncio.Runner())
        self.clock = HandClock()
        self.uow = self.runner.run(open_store(url, clock=self.clock))
        self.scene = Scene(uow=self.uow, clock=self.clock, policy=POLICY)
        self.accounts: list[AccountId] = []
        self.requests: list[RequestId] = []
        self.leased: list[tuple[Leased, AccountId]] = []
        self.transfers = 0

    @initialize()
    def people(self) -> None:
        run = self.runner.run
        self.accounts = [
            ANONYMOUS,
            run(self.scene.account("ann", kudos=20)).account.id,
            run(self.scene.account("bob")).account.id,
            run(self.scene.guest()).id,
        ]

    @rule(who=WHO, n=st.integers(1, 4), steps=st.integers(1, 50), key=st.sampled_from([None, "a", "b"]))
    def submit(self, who: int, n: int, steps: int, key: str | None) -> None:
        try:
            accepted = self.runner.run(self.scene.ask(self.accounts[who], draft(n=n, steps=steps), key=key))
        except HordeError:
            return
        self.requests.append(accepted.request_id)

    @rule(worker=st.integers(1, 2), limit=st.integers(1, 3), reports=st.booleans(), start=st.sampled_from(["x", "y"]))
    def pop(self, worker: int, limit: int, reports: bool, start: str) -> None:
        owner = self.accounts[worker]
        offer = self.scene.offer(owner, f"w{worker}", reports_progress=reports, start_id=start)
        popped = self.runner.run(self.scene.pop(offer, limit=limit))
        self.leased += [(job, owner) for job in popped.jobs]

    @rule(which=st.integers(0, 50), state=st.sampled_from(["ok", "censored"]), exact=st.booleans())
    def complete(self, which: int, state: str, exact: bool) -> None:
        if self.leased:
            job, owner = self.leased[which % len(self.leased)]
            lease_id = job.lease_id if exact else None
            try:
                self.runner.run(self.scene.hand_in(job, owner, state=state, lease_id=lease_id))
            except HordeError as exc:
                assert exc.code in ("DuplicateGen", LeaseLost.code), exc  # noqa: PT017 - it may also succeed

    @rule(which=st.integers(0, 50), how=st.sampled_from(["fail", "release", "report"]))
    def give_up(self, which: int, how: str) -> None:
        if self.leased:
            job, owner = self.leased[which % len(self.leased)]
            try:
                if how == "fail":
                    self.runner.run(self.scene.fail(job, owner))
                elif how == "release":
                    self.runner.run(self.scene.release(job, owner))
                else:
                    self.runner.run(self.scene.report(job.job_id, owner))
            except HordeError:
                return

    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        if self.requests:
            self.runner.run(self.scene.cancel(self.requests[which % len(self.requests)]))

    @rule(seconds=st.sampled_from([1, 25, 200, 1_300, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_s(seconds)
        self.runner.run(self.scene.reclaim())
        self.runner.run(self.scene.expire())
        self.runner.run(self.scene.do(lambda tx: expire_holds(tx, now_ms=self.clock.now_ms())))

    @rule(one=WHO, other=WHO, amount=st.integers(1, 20_000), again=st.booleans())
    def give(self, one: int, other: int, amount: int, again: bool) -> None:
        self.transfers += not again
        try:
            self.runner.run(
                self.scene.do(
                    lambda tx: transfer(
                        tx,
                        transfer_id=f"gift{self.transfers}",
                        from_id=self.accounts[one],
                        to_id=self.accounts[other],
                        amount_mk=amount,
                        reason=TransferReason.GIFT,
                        floor_mk=0,
                        now_ms=self.clock.now_ms(),
                    )
                )
            )
        except HordeError:
            return
        assert self.runner.run(self.scene.look(self.accounts[one])).available_mk >= 0 or again

    @rule()
    def snapshot(self) -> None:
        self.runner.run(self.scene.do(lambda tx: tx.ledger.snapshot(self.clock.now_ms())))

    @invariant()
    def the_books_are_right(self) -> None:
        report = self.runner.run(self.scene.audit())
        assert report.sum_mk == 0
        self.check_kudos()

    def teardown(self) -> None:
        self.runner.run(self.uow.aclose())
        self.opened.close()


class BooksOnPostgres(Books):
    """The same there."""

    kind = StoreKind.POSTGRES


SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TestBooks = Books.TestCase
TestBooks.settings = settings(SLOW, max_examples=40, stateful_step_count=35)
TestBooksOnPostgres = BooksOnPostgres.TestCase
TestBooksOnPostgres.settings = settings(SLOW, max_examples=12, stateful_step_count=35)
