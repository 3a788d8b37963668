"""The statements of workers."""

import sqlalchemy as sa

from core.domain.workers.uptime import CHECK_IN_MS
from core.store.statement import Prepared
from core.store.tables import accounts, team_workers, teams, worker_messages, worker_suspicions, workers
from core.store.writes import update

ONLINE_MAX = 1_000
OF_OWNER_MAX = 1_000
SMOOTHED_OVER = 20
ALIVE = workers.c.archived_at_ms.is_(None)
_NOW = sa.bindparam("now_ms", type_=sa.BigInteger)
_IN_FORCE = (
    sa.select(sa.literal(1))
    .where(
        worker_messages.c.expires_at_ms > _NOW,
        sa.or_(
            worker_messages.c.worker_id == workers.c.id,
            sa.and_(
                worker_messages.c.worker_id.is_(None),
                sa.or_(worker_messages.c.account_id.is_(None), worker_messages.c.account_id == workers.c.account_id),
            ),
        ),
    )
    .correlate(workers)
    .exists()
)
ALL = (
    sa.select(
        workers,
        accounts.c.trusted,
        accounts.c.flagged,
        accounts.c.public_workers,
        accounts.c.contact,
        accounts.c.name.label("owner_name"),
        team_workers.c.team_id,
        teams.c.name.label("team_name"),
    )
    .join(accounts, accounts.c.id == workers.c.account_id)
    .outerjoin(team_workers, team_workers.c.worker_id == workers.c.id)
    .outerjoin(teams, teams.c.id == team_workers.c.team_id)
    .where(ALIVE)
)
GET = ALL.where(workers.c.id == sa.bindparam("worker_id"))
BY_NAME = ALL.where(workers.c.name == sa.bindparam("worker_name"))
KNOWN = Prepared(BY_NAME.add_columns(_IN_FORCE.label("addressed")))
OF_OWNER = (
    ALL.where(workers.c.account_id == sa.bindparam("account_id"))
    .order_by(workers.c.registered_at_ms, workers.c.id)
    .limit(OF_OWNER_MAX)
)
COUNT_OF = sa.select(sa.func.count()).where(workers.c.account_id == sa.bindparam("account_id"), ALIVE)
ONLINE = Prepared(
    ALL.where(workers.c.last_seen_at_ms >= sa.bindparam("since_ms"))
    .order_by(workers.c.last_seen_at_ms.desc())
    .limit(ONLINE_MAX)
)
OWED = (
    ALL.where(sa.text("workers.uptime_ms >= workers.uptime_rewarded_ms + 600000"))
    .order_by(workers.c.id)
    .limit(sa.bindparam("most"))
)
NAMED = sa.select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(sa.bindparam("numbers", expanding=True)))
ADD = sa.text(
    """
    INSERT INTO workers (
        id, account_id, name, kind, start_id, offer, about, maintenance, maintenance_message, paused,
        registered_at_ms, last_seen_at_ms, jobs_done, jobs_faulted, jobs_aborted, aborted_hour, things_done, job_ms,
        speed_milli, kudos_mk, uptime_ms, uptime_rewarded_ms, uptime_kudos_mk)
    VALUES (:id, :account_id, :name, :kind, :start_id, :offer, '', false, '', false,
        :now_ms, :now_ms, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ON CONFLICT (name) DO NOTHING RETURNING id
    """
).bindparams(
    sa.bindparam("id", type_=sa.Text),
    sa.bindparam("account_id", type_=sa.BigInteger),
    sa.bindparam("name", type_=sa.Text),
    sa.bindparam("kind", type_=sa.Text),
    sa.bindparam("start_id", type_=sa.Text),
    sa.bindparam("offer", type_=sa.Text),
    sa.bindparam("now_ms", type_=sa.BigInteger),
)
THE_WORKER = sa.update(workers).where(workers.c.id == sa.bindparam("the_worker"))
# A sign of life. Counted in the statement itself: a worker's threads pop side by side.
_ALIVE_NOW = {
    "uptime_ms": "uptime_ms + CASE WHEN NOT maintenance AND NOT paused "
    f"AND :now_ms - last_seen_at_ms BETWEEN 0 AND {CHECK_IN_MS} THEN :now_ms - last_seen_at_ms ELSE 0 END",
    "last_seen_at_ms": "CASE WHEN :now_ms > last_seen_at_ms THEN :now_ms ELSE last_seen_at_ms END",
}
SEEN = update(workers, start_id=":start_id", offer=":offer", **_ALIVE_NOW)
WORKED = update(
    workers,
    jobs_done="jobs_done + 1",
    things_done="things_done + :new_things",
    kudos_mk="kudos_mk + :reward_mk",
    # A smoothed time: the first job's own, then a fifth of each new one.
    job_ms="CASE WHEN job_ms = 0 THEN :took_ms ELSE (job_ms * 4 + :took_ms) / 5 END",
    # The mean of the first twenty, then a twentieth of each new one.
    speed_milli="CASE WHEN speed_milli = 0 THEN :sample_milli "
    f"WHEN jobs_done < {SMOOTHED_OVER} THEN speed_milli + (:sample_milli - speed_milli) / (jobs_done + 1) "
    f"ELSE speed_milli + (:sample_milli - speed_milli) / {SMOOTHED_OVER} END",
    **_ALIVE_NOW,
)
_HOUR = sa.bindparam("hour", type_=sa.BigInteger)
FAULTED = THE_WORKER.values(
    jobs_faulted=workers.c.jobs_faulted + 1,
    jobs_aborted=sa.case((workers.c.aborted_hour == _HOUR, workers.c.jobs_aborted + 1), else_=1),
    aborted_hour=_HOUR,
).returning(workers.c.jobs_aborted)
ARCHIVE = THE_WORKER.values(
    archived_at_ms=sa.bindparam("new_archived_at_ms", type_=sa.BigInteger),
    # No worker's name may hold a line break, so the name is free, and the past still shows it.
    name=workers.c.name + sa.literal("\n", sa.Text) + workers.c.id,
)
REWARDED = (
    THE_WORKER.where(workers.c.uptime_rewarded_ms == sa.bindparam("so_far_ms"))
    .values(
        uptime_rewarded_ms=workers.c.uptime_rewarded_ms + sa.bindparam("more_ms", type_=sa.BigInteger),
        uptime_kudos_mk=workers.c.uptime_kudos_mk + sa.bindparam("amount_mk", type_=sa.BigInteger),
    )
    .returning(workers.c.id)
)
HAS_NAME = sa.select(workers.c.id).where(workers.c.name == sa.bindparam("worker_name"))
SUSPECT = sa.insert(worker_suspicions)
SUSPICIONS = (
    sa.select(worker_suspicions.c.reason, worker_suspicions.c.at_ms)
    .where(worker_suspicions.c.worker_id == sa.bindparam("worker_id"))
    .order_by(worker_suspicions.c.id)
)
SUSPICION_COUNTS = (
    sa.select(worker_suspicions.c.worker_id, sa.func.count())
    .where(worker_suspicions.c.worker_id.in_(sa.bindparam("worker_ids", expanding=True)))
    .group_by(worker_suspicions.c.worker_id)
)
FORGIVE = sa.delete(worker_suspicions).where(worker_suspicions.c.worker_id == sa.bindparam("the_worker"))
