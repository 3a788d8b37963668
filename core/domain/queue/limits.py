"""The limits of a request; each is an error that names the limit and the value."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from core.domain.errors import InvalidRequest, UnknownModel
from core.domain.kinds.checks import at_most
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft


def check(draft: RequestDraft, policy: QueuePolicy) -> None:
    """Return if the draft is within every limit, else raise ``InvalidRequest`` for the first that it breaks."""
    RULES[draft.kind].check(draft, policy)
    chars_max = policy.text_prompt_chars_max if draft.kind is Kind.TEXT else policy.prompt_chars_max
    at_most("prompt", "characters", len(draft.prompt), chars_max, code="InvalidPromptSize")
    if "\x00" in draft.prompt:
        message = "The prompt contains a NUL byte, which cannot be stored. Leave it out."
        raise InvalidRequest(message, field="prompt", value="\\x00", code="NulByteInPayload")
    at_most("workers", "workers", len(draft.worker_ids), policy.worker_ids_max, code="TooManyWorkersInList")
    carried = len(json.dumps(draft.extra, default=str)) if draft.extra else 0
    at_most("params", "bytes of further parameters", carried, policy.extra_bytes_max)


def resolve_models(draft: RequestDraft, policy: QueuePolicy, is_served: Callable[[str], bool]) -> RequestDraft:
    """Return the draft with the models that its jobs will go by.

    None named: the default models. An alias stands for its model until some worker serves the name itself.
    Raises ``UnknownModel`` where the horde has a list of models and a name is not in it, ``InvalidRequest`` where the
    size is over the limit of each of them. Only pictures have default models, aliases and a list of known ones.
    """
    if draft.kind is not Kind.IMAGE:
        return draft
    resolved: list[str] = []
    for name in draft.models or policy.default_models:
        target = policy.model_aliases.get(name)
        model = target if target is not None and not is_served(name) else name
        if policy.known_models is not None and model not in policy.known_models:
            message = f"The model {name!r} is not known here. Ask for one of: {', '.join(sorted(policy.known_models))}."
            raise UnknownModel(message, field="models", limit=sorted(policy.known_models), value=name)
        if model not in resolved:
            resolved.append(model)
    _check_model_size(draft.image, resolved, policy)
    return draft if draft.models == tuple(resolved) else replace(draft, models=tuple(resolved))


def _check_model_size(image: ImageParams, models: Sequence[str], policy: QueuePolicy) -> None:
    """Raise ``InvalidRequest`` where a side is longer than every one of the models makes it."""
    most_px = max(
        (policy.model_sizes_px.get(model, policy.size_max_px) for model in models), default=policy.size_max_px
    )
    for field, side_px in (("params.width", image.width_px), ("params.height", image.height_px)):
        if side_px > most_px:
            message = (
                f"The {field.removeprefix('params.')} is {side_px} pixels, but {' and '.join(models)} makes at most "
                f"{most_px}. Ask for {most_px} or less, or for another model."
            )
            raise InvalidRequest(message, field=field, limit=most_px, value=side_px, code="InvalidSize")
