"""What one's webhooks are signed with, and a new one where it may have become known."""

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.accounts import Account
from core.domain.errors import NotPermitted
from core.ports.store import ReadTransaction, Transaction
from core.services.webhooks.secret import secret_of
from core.wire import Rc
from core.wire.webhooks import WebhookSecretOut


async def read_secret(call: Call[None, None]) -> Answer:
    """Give the secret that the caller's webhooks are signed with."""
    account = _owner(call.account)

    def read(tx: ReadTransaction) -> int:
        return tx.webhooks.secret(account.id).version

    return _told(call, account, await call.context.uow.read(read))


async def turn_secret(call: Call[None, None]) -> Answer:
    """Give the caller a new secret; for a day the one before it signs too, so that nothing is lost meanwhile."""
    account, now_ms = _owner(call.account), call.context.clock.now_ms()

    def turn(tx: Transaction) -> int:
        return tx.webhooks.turn_secret(account.id, now_ms=now_ms).version

    return _told(call, account, await call.context.uow.write(turn))


def _told(call: Call[None, None], account: Account, version: int) -> WebhookSecretOut:
    return WebhookSecretOut(secret=secret_of(call.context.secret, account.id, version=version), version=version)


def _owner(account: Account) -> Account:
    if account.is_anonymous:
        message = "The anonymous account is everyone's, so its webhooks are not signed. Use the key of an account."
        raise NotPermitted(message, code=Rc.ANON_FORBIDDEN)
    return account


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/extras/webhook-secret",
        id="get_webhook_secret",
        tag=Tag.WEBHOOKS,
        summary="What one's webhooks are signed with",
        handler=read_secret,
        replies={200: WebhookSecretOut},
        refusals={403: (Rc.ANON_FORBIDDEN,)},
        caller=Caller.ACCOUNT,
        ours=True,
    ),
    Operation(
        method="POST",
        path="/api/extras/webhook-secret",
        id="post_webhook_secret",
        tag=Tag.WEBHOOKS,
        summary="Have webhooks signed with a new secret",
        handler=turn_secret,
        replies={200: WebhookSecretOut},
        refusals={403: (Rc.ANON_FORBIDDEN,)},
        caller=Caller.ACCOUNT,
        ours=True,
    ),
)
