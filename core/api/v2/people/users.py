"""Accounts: the list, one of them, changed, taken down."""

import secrets
from typing import Final

from msgspec import UNSET

from core.api.limits.limit import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.amounts import kudos_of
from core.api.v2.people.callers import account_id_at, check_present, holder_of
from core.api.v2.people.seen import user_details
from core.api.v2.screened import refuse_profane
from core.domain.account_changes import AccountChange
from core.domain.accounts import Account
from core.domain.errors import NotFound, NotPermitted
from core.domain.ids import AccountId
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.kudos.adjust import adjust
from core.services.people.change import change_account
from core.services.people.delete import delete_account, wipe_account
from core.services.people.profile import profile, ranked_profiles
from core.wire import Rc
from core.wire.users import KeyHeader, ModifyUser, ModifyUserInput, SimpleResponse, UserDetails, UsersQuery

_PASSKEY_BYTES: Final = 12
"""16 letters."""
_LIMITS: Final = (a_minute(60),)


async def list_users(call: Call[None, UsersQuery]) -> Answer:
    """List accounts as anybody sees them, 25 a page: those with the most kudos first, or the oldest."""
    context, query, now_ms = call.context, call.query, call.context.clock.now_ms()
    policy = context.policy
    found = await context.uow.read(
        lambda tx: ranked_profiles(tx, by_age=query.sort == "age", page=query.page, policy=policy, now_ms=now_ms)
    )
    return [user_details(one, policy=policy.kudos, now_ms=now_ms) for one in found]


async def get_user(call: Call[None, None]) -> Answer:
    """Describe an account, as far as it is for the caller's eyes."""
    context, account_id, now_ms = call.context, account_id_at(call), call.context.clock.now_ms()
    policy, viewer = context.policy, call.caller
    seen = await context.uow.read(
        lambda tx: profile(tx, account_id=account_id, viewer=viewer, policy=policy, now_ms=now_ms)
    )
    return user_details(seen, policy=policy.kudos, now_ms=now_ms)


async def change_user(call: Call[ModifyUserInput, None]) -> Answer:
    """Change what is named of an account: some of it its owner may, some only moderators, some only admins."""
    context, account_id, now_ms = call.context, account_id_at(call), call.context.clock.now_ms()
    actor, wanted = await holder_of(call), call.message
    if actor.is_deleted and not (actor.id == account_id and wanted.undelete):
        message = f"{actor.handle} was deleted. Undelete it first."
        raise NotPermitted(message, code="DeletedUser")
    refuse_profane(context, wanted.username, field="username", code=Rc.PROFANE_USER_NAME)
    refuse_profane(context, wanted.contact, field="contact", code=Rc.PROFANE_USER_CONTACT)
    return await context.uow.write(
        lambda tx: _changed(tx, wanted, actor=actor, account_id=account_id, policy=context.policy, now_ms=now_ms)
    )


async def delete_user(call: Call[None, None]) -> Answer:
    """Take an account down; once more, thirty days later, wipes what names a person."""
    context, account_id, now_ms = call.context, account_id_at(call), call.context.clock.now_ms()
    actor, policy = await holder_of(call), context.policy.kudos
    check_present(actor, about=account_id)

    def use_case(tx: Transaction) -> None:
        account = tx.accounts.get(account_id)
        if account is not None and account.is_deleted:
            wipe_account(tx, actor=actor, account_id=account_id, policy=policy, now_ms=now_ms)
        else:
            delete_account(tx, actor=actor, account_id=account_id, now_ms=now_ms)

    await context.uow.write(use_case)
    return SimpleResponse()


def _changed(
    tx: Transaction,
    wanted: ModifyUserInput,
    *,
    actor: Account,
    account_id: AccountId,
    policy: QueuePolicy,
    now_ms: int,
) -> ModifyUser:
    """Return what was changed; nothing is where one part of it is refused."""
    kudos = policy.kudos
    if wanted.usage_multiplier is not None and actor.id not in kudos.admins:
        raise NotPermitted("Only an admin may change usage_multiplier. Ask whoever runs this horde.", code="NotAdmin")
    passkey = _passkey(tx, account_id, wanted) if wanted.generate_proxy_passkey else None
    change = _change_of(wanted, passkey)
    if wanted.kudos is not None:
        amount_mk = round(wanted.kudos * MK_PER_KUDOS)
        adjust(tx, actor=actor, account_id=account_id, amount_mk=amount_mk, policy=kudos, now_ms=now_ms)
    if change.names or wanted.kudos is None:
        change_account(tx, actor=actor, account_id=account_id, change=change, policy=kudos, now_ms=now_ms)
    after = tx.accounts.get(account_id)
    if after is None:
        message = f"The account {account_id} is gone while it was changed. Look at the database."
        raise NotFound(message, code="UserNotFound")
    return _told(wanted, change, after)


def _passkey(tx: Transaction, account_id: AccountId, wanted: ModifyUserInput) -> str:
    """Return a fresh pass key, if the account is a service's, or becomes one now."""
    account = tx.accounts.get(account_id)
    is_service = account is not None and account.service if wanted.service is None else wanted.service
    if not is_service:
        message = "Only a service's account has a pass key for its proxy. A moderator can make it one."
        raise NotPermitted(message, code="NonServiceForbidden")
    return secrets.token_urlsafe(_PASSKEY_BYTES)


def _change_of(wanted: ModifyUserInput, passkey: str | None) -> AccountChange:
    """Return the change in the engine's words."""
    return AccountChange(
        moderator=wanted.moderator,
        monthly_mk=None if wanted.monthly_kudos is None else wanted.monthly_kudos * MK_PER_KUDOS,
        trusted=wanted.trusted,
        flagged=wanted.flagged,
        customizer=wanted.customizer,
        vpn=wanted.vpn,
        service=wanted.service,
        education=wanted.education,
        special=wanted.special,
        waiting_max=wanted.concurrency,
        worker_invited=wanted.worker_invited,
        reset_suspicion=wanted.reset_suspicion or None,
        admin_comment=wanted.admin_comment,
        name=wanted.username,
        public_workers=wanted.public_workers,
        contact=wanted.contact,
        undelete=wanted.undelete or None,
        proxy_passkey=passkey,
    )


def _told(wanted: ModifyUserInput, change: AccountChange, after: Account) -> ModifyUser:
    """Return what was changed as v2 tells it."""
    told = {
        "moderator": after.moderator,
        "trusted": after.trusted,
        "flagged": after.flagged,
        "customizer": after.customizer,
        "vpn": after.vpn,
        "service": after.service,
        "education": after.education,
        "special": after.special,
        "public_workers": after.public_workers,
        "worker_invited": after.worker_invited,
        "contact": after.contact,
        "admin_comment": after.admin_comment,
        "proxy_passkey": after.proxy_passkey,
    }
    named = {name: value for name, value in told.items() if name in change.names}
    return ModifyUser(
        new_kudos=UNSET if wanted.kudos is None else kudos_of(after.available_mk),
        concurrency=UNSET if wanted.concurrency is None else wanted.concurrency,
        username=after.name if "name" in change.names else UNSET,
        monthly_kudos=after.monthly_mk // MK_PER_KUDOS if "monthly_mk" in change.names else UNSET,
        undeleted=True if change.undelete else UNSET,
        new_suspicion=after.suspicions if change.reset_suspicion else UNSET,
        **named,  # type: ignore[arg-type]  # each is a field of the same name and type
    )


_CHANGE_REFUSALS: Final = {
    400: (
        Rc.BAD_REQUEST,
        Rc.NO_USER_MOD_SELECTED,
        Rc.TOO_LONG_USER_NAME,
        Rc.PROFANE_USER_NAME,
        Rc.PROFANE_USER_CONTACT,
        Rc.USER_NOT_DELETED,
    ),
    401: (Rc.INVALID_API_KEY,),
    403: (
        Rc.NOT_ADMIN,
        Rc.NOT_MODERATOR,
        Rc.NOT_PRIVILEGED,
        Rc.ANON_FORBIDDEN_USER_MOD,
        Rc.NON_SERVICE_FORBIDDEN,
        Rc.DELETED_USER,
    ),
    404: (Rc.USER_NOT_FOUND,),
}
OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/users",
        id="get_users",
        tag=Tag.USERS,
        summary="Accounts, 25 a page",
        handler=list_users,
        query=UsersQuery,
        replies={200: list[UserDetails]},
    ),
    Operation(
        method="GET",
        path="/api/v2/users/{id}",
        id="get_user_single",
        tag=Tag.USERS,
        summary="One account",
        handler=get_user,
        replies={200: UserDetails},
        refusals={404: (Rc.USER_NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
        limits=_LIMITS,
    ),
    Operation(
        method="PUT",
        path="/api/v2/users/{id}",
        id="put_user_single",
        tag=Tag.USERS,
        summary="Change an account",
        handler=change_user,
        body=ModifyUserInput,
        replies={200: ModifyUser},
        refusals=_CHANGE_REFUSALS,
        headers=KeyHeader,
        limits=_LIMITS,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/users/{id}",
        id="delete_user_single",
        tag=Tag.USERS,
        summary="Take an account down",
        handler=delete_user,
        replies={200: SimpleResponse},
        refusals={
            400: (Rc.CANNOT_WIPE_ACTIVE_USER,),
            401: (Rc.INVALID_API_KEY,),
            403: (Rc.NOT_USER_OR_MOD, Rc.CANNOT_DELETE_MOD, Rc.ANON_FORBIDDEN_USER_MOD, Rc.DELETED_USER),
            404: (Rc.USER_NOT_FOUND,),
            409: (Rc.DELETED_USER,),
        },
        headers=KeyHeader,
        limits=_LIMITS,
    ),
)
