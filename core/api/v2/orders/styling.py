"""Orders that name a style: its template, models and parameters become the order's, as if they had been written."""

import secrets
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from core.api.operations import Call
from core.api.v2.orders.drafts import seed_of
from core.domain.accounts import Account
from core.domain.errors import HordeError
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction
from core.services.kudos.keys import look_up
from core.services.styles.find import Chosen, choose
from core.wire.requests import GenerationInputStable, ModelGenerationInputStable
from core.wire.text import GenerationInputKobold, ModelGenerationInputKobold

_OWN_OF_PICTURES = (
    "n",
    "seed",
    "seed_variation",
    "control_type",
    "image_is_control",
    "return_control_map",
    "extra_texts",
)
"""What no style can set is the order's own."""
_UNLESS_SET = ("width", "height", "denoising_strength")
"""What is the order's where the style says nothing of it."""
_OWN_OF_TEXTS = ("n", "max_context_length", "max_length")
CallT = TypeVar("CallT", bound=Call[Any, None])


async def styled_pictures(
    call: Call[GenerationInputStable, None],
) -> tuple[Call[GenerationInputStable, None], Chosen | None]:
    """Return the call with its style put into it, and which that was; unchanged where it names none.

    Raises ``NotFound`` for a style that is not there, or is for texts.
    """
    order = call.message
    if not order.style:
        return call, None
    chosen, lender = await _chosen(call, order.style, Kind.IMAGE)
    style, given = chosen.style, order.params
    own = [*_OWN_OF_PICTURES, *(name for name in _UNLESS_SET if name not in style.params)]
    params = {name: value for name in own if (value := getattr(given, name)) is not UNSET}
    seed = seed_of(given.seed)
    return _with_lender(
        replace(
            call,
            message=msgspec.structs.replace(
                order,
                prompt=style.fill(order.prompt, seed=secrets.randbits(32) if seed is None else seed),
                params=msgspec.convert(msgspec.to_builtins(params) | dict(style.params), ModelGenerationInputStable),
                models=style.models,
                nsfw=order.nsfw or style.nsfw,
            ),
        ),
        lender,
        chosen,
    ), chosen


async def styled_texts(
    call: Call[GenerationInputKobold, None],
) -> tuple[Call[GenerationInputKobold, None], Chosen | None]:
    """Return the call with its style put into it, and which that was; unchanged where it names none."""
    order = call.message
    if not order.style:
        return call, None
    chosen, lender = await _chosen(call, order.style, Kind.TEXT)
    style = chosen.style
    params = {name: getattr(order.params, name) for name in _OWN_OF_TEXTS} | dict(style.params)
    message = msgspec.structs.replace(
        order,
        prompt=style.fill(order.prompt, seed=0),
        params=msgspec.convert(params, ModelGenerationInputKobold),
        models=style.models,
    )
    return _with_lender(replace(call, message=message), lender, chosen), chosen


async def _chosen(call: Call[Any, None], reference: str, kind: Kind) -> tuple[Chosen, Account | None]:
    """Return the style, and its owner where the owner's shared key pays for who uses it."""
    now_ms = call.context.clock.now_ms()

    def find(tx: ReadTransaction) -> tuple[Chosen, Account | None]:
        chosen = choose(tx, reference=reference, kind=kind)
        key_id = chosen.style.shared_key_id
        if key_id is None:
            return chosen, None
        try:
            key, owner = look_up(tx, key_id=key_id)
        except HordeError:
            return chosen, None  # it was revoked: who asks pays
        has_budget = key.left_mk is None or key.left_mk > 0
        return chosen, owner if has_budget and not key.is_over(now_ms) else None

    return await call.context.uow.read(find)


def _with_lender(call: CallT, lender: Account | None, chosen: Chosen) -> CallT:
    """Return the call on the account of the style's owner, within the shared key's budget, where the owner lends it."""
    if lender is None:
        return call
    return replace(call, caller=lender, shared_key=chosen.style.shared_key_id)
