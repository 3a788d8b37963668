"""Change: a worker's owner, or a moderator, changes what the horde knows of it."""

from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.checks import at_most
from core.domain.policy import QueuePolicy
from core.domain.workers.rules import check_about, check_name
from core.domain.workers.team import TeamId
from core.domain.workers.wishes import WorkerWishes
from core.domain.workers.worker import Worker
from core.ports.store import Transaction
from core.services.workers.permit import account_that, check_moderator, own_worker, worker_that


def change(
    tx: Transaction, *, worker_id: WorkerId, by: AccountId, wishes: WorkerWishes, policy: QueuePolicy, now_ms: int
) -> Worker:
    """Return the worker as it is now.

    Only moderators pause; the end of a pause forgives all suspicion. The end of maintenance drops its message.

    Raises:
        NotPermitted: the account is neither the owner's nor a moderator's, or wishes what only moderators may.
        InvalidRequest: nothing is wished, a text is too long, or the name is taken.
        NotFound: there is no such worker, or no such team.
    """
    account = account_that(tx, by)
    worker = own_worker(tx, worker_id, by=account)
    if wishes.is_empty:
        message = "Nothing is to be changed. Name at least one of: name, info, team, maintenance, paused."
        raise InvalidRequest(message, code="NoWorkerModSelected")
    if wishes.paused is not None:
        check_moderator(account, "pause a worker or end its pause")
    if wishes.name is not None:
        check_name(wishes.name, policy.workers)
    if wishes.about is not None:
        check_about(wishes.about, policy.workers)
    message_then = _maintenance_message(wishes, policy=policy)
    there = tx.workers.amend(
        worker.id,
        name=wishes.name,
        about=wishes.about,
        maintenance=wishes.maintenance,
        maintenance_message=message_then,
        paused=wishes.paused,
    )
    if not there:
        message = f"Another worker has the name {wishes.name!r}. Choose another one."
        raise InvalidRequest(message, field="name", value=wishes.name, code="WorkerNameAlreadyExists")
    if wishes.paused is False:
        tx.workers.forgive(worker.id)
    if wishes.team is not None:
        _join(tx, worker, TeamId(wishes.team), now_ms=now_ms)
    return worker_that(tx, worker.id)


def _maintenance_message(wishes: WorkerWishes, *, policy: QueuePolicy) -> str | None:
    """Return the message to keep; None leaves it."""
    if wishes.maintenance is False:
        return ""
    said = wishes.maintenance_message
    if said is not None:
        at_most("maintenance_msg", "characters", len(said), policy.workers.about_chars_max, code="TooLong")
    return said if said is not None else ("" if wishes.maintenance else None)


def _join(tx: Transaction, worker: Worker, team_id: TeamId, *, now_ms: int) -> None:
    """Put the worker into the team, or into none where the id is empty; its old team keeps what it did there."""
    if team_id == (worker.team_id or ""):
        return
    if team_id and tx.teams.get(team_id) is None:
        message = f"There is no team {team_id[:60]!r}. Look its id up in the list of teams."
        raise NotFound(message, code="TeamNotFound")
    share = tx.teams.share_of(worker.id)
    if share is not None:
        tx.teams.take_in(share)
        tx.teams.leave(worker.id, team_id=share.team_id)
    if team_id:
        tx.teams.join(worker, team_id, now_ms=now_ms)
