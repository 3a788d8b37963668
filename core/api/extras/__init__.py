"""Our own routes beside v2's: why something costs so much, where an account's kudos went, requests, keys, links."""

from core.api.operations import Operations


def operations() -> Operations:
    """Return every operation of ours that is not under ``/api/v2``."""
    from core.api.extras import keys, link, price, requests, statement, webhooks

    return (
        *price.OPERATIONS,
        *statement.OPERATIONS,
        *requests.OPERATIONS,
        *keys.OPERATIONS,
        *webhooks.OPERATIONS,
        *link.OPERATIONS,
    )
