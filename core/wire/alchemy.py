"""Alchemy (`interrogate`): forms of a picture asked for, taken by workers, handed in, and read."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import BridgeAgent, FormName, Id, Images, Source, Usernames, Webhook, WorkerName

FormPayload = dict[str, Any]
State = Literal["waiting", "processing", "done", "faulted", "partial", "cancelled"]


class ModelInterrogationFormStable(msgspec.Struct, kw_only=True, frozen=True):
    """One thing that is to be done with the picture, and what its program wants to know."""

    name: FormName
    payload: FormPayload = {}


class ModelInterrogationInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """POST /interrogate/async: what is to be done with which picture."""

    forms: Annotated[tuple[ModelInterrogationFormStable, ...], Meta(min_length=1, max_length=100)]
    source_image: Annotated[Source, Meta(min_length=1)]
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    webhook: Webhook = ""


class RequestInterrogationResponse(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to an order of alchemy: 202 with its id."""

    id: str
    message: str | UnsetType = UNSET


class InterrogationFormStatus(msgspec.Struct, kw_only=True, frozen=True):
    """One form: its state and, once done, its result under the form's name."""

    form: str
    state: State
    result: dict[str, Any] | UnsetType = UNSET


class InterrogationStatus(msgspec.Struct, kw_only=True, frozen=True):
    """How far an order of alchemy is; DELETE answers with the same."""

    state: State
    forms: tuple[InterrogationFormStatus, ...] = ()


class InterrogationPopInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /interrogate/pop: who the worker is and which forms it takes. Tiles are squares of 512 pixels."""

    name: WorkerName
    forms: Annotated[tuple[FormName, ...], Meta(max_length=100)] = ()
    priority_usernames: Usernames = ()
    bridge_agent: BridgeAgent = "unknown:0:unknown"
    threads: Annotated[int, Meta(ge=1, le=100)] = 1
    amount: Images = 1
    max_tiles: Annotated[int, Meta(ge=1, le=256)] = 80


class InterrogationPopFormPayload(msgspec.Struct, kw_only=True, frozen=True):
    """One form for the worker; what changes the picture is uploaded to `r2_upload`."""

    id: str
    form: str
    payload: FormPayload
    source_image: str
    r2_upload: str | UnsetType = UNSET


class NoValidInterrogationsFound(msgspec.Struct, kw_only=True, frozen=True):
    """How many waiting forms the worker was passed over for, by reason."""

    worker_id: int | UnsetType = UNSET
    untrusted: int | UnsetType = UNSET
    bridge_version: int | UnsetType = UNSET


class InterrogationPopPayload(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a pop of an alchemist; `forms` is null where there is nothing to do."""

    forms: tuple[InterrogationPopFormPayload, ...] | None = None
    skipped: NoValidInterrogationsFound = msgspec.field(default_factory=NoValidInterrogationsFound)


class InterrogationSubmitInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /interrogate/submit: the result under the form's name; "R2" where a picture was uploaded."""

    id: Id
    result: dict[str, Any] | str = ""
    state: Literal["ok", "faulted"] = "ok"
