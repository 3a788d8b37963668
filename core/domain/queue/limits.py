"""The limits of a request; each is an error that names the limit and the value."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from core.domain.errors import InvalidRequest, UnknownModel
from core.domain.policy import QueuePolicy
from core.domain.requests import ImageParams, RequestDraft

NEGATIVE_MARK = "###"


def check(draft: RequestDraft, policy: QueuePolicy) -> None:
    """Return if the draft is within every limit, else raise ``InvalidRequest`` for the first that it breaks."""
    prompt = draft.prompt.partition(NEGATIVE_MARK)[0].strip()
    if not prompt:
        message = "The prompt is empty. Say in a few words what the picture should show."
        raise InvalidRequest(message, field="prompt", limit=1, value=0, code="MissingPrompt")
    _most("prompt", "characters", len(draft.prompt), policy.prompt_chars_max, code="InvalidPromptSize")
    if "\x00" in draft.prompt:
        message = "The prompt contains a NUL byte, which cannot be stored. Leave it out."
        raise InvalidRequest(message, field="prompt", value="\\x00", code="NulByteInPayload")
    _between("n", draft.n, 1, policy.n_max, "pictures")
    _check_image(draft.image, policy)
    _most("workers", "workers", len(draft.worker_ids), policy.worker_ids_max, code="TooManyWorkersInList")
    carried = len(json.dumps(draft.extra, default=str))
    _most("params", "bytes of further parameters", carried, policy.extra_bytes_max)


def _check_image(image: ImageParams, policy: QueuePolicy) -> None:
    """Check the size, the steps and the rest of the picture's parameters."""
    for field, value in (("width", image.width_px), ("height", image.height_px)):
        _between(field, value, policy.size_min_px, policy.size_max_px, "pixels", code="InvalidSize")
        if value % policy.size_step_px:
            nearest = max(policy.size_min_px, round(value / policy.size_step_px) * policy.size_step_px)
            message = (
                f"The {field} is {value} pixels, but it must be a multiple of {policy.size_step_px}. "
                f"The nearest is {nearest}."
            )
            raise InvalidRequest(message, field=field, limit=policy.size_step_px, value=value, code="InvalidSize")
    _between("steps", image.steps, 1, policy.steps_max, "steps", code="TooManySteps")
    _between("cfg_scale", image.cfg_scale, 0, 100, "")
    _most("post_processing", "post-processors", len(image.post_processing), policy.post_processing_max)
    if image.seed is not None:
        _between("seed", image.seed, 0, 2**32 - 1, "")


def _between(field: str, value: float, least: float, most: float, unit: str, *, code: str | None = None) -> None:
    """Raise unless least <= value <= most (and value is a number)."""
    if not least <= value <= most:
        what = f"{value} {unit}".strip()
        message = f"The value of {field} is {what}, but it must be from {least} to {most}. Ask again within that."
        raise InvalidRequest(message, field=field, limit=(least, most), value=value, code=code)


def _most(field: str, unit: str, value: int, most: int, *, code: str | None = None) -> None:
    """Raise if there is more than the most."""
    if value > most:
        message = f"The field {field} has {value} {unit}, but at most {most} are taken. Leave something out."
        raise InvalidRequest(message, field=field, limit=most, value=value, code=code)


def resolve_models(draft: RequestDraft, policy: QueuePolicy, is_served: Callable[[str], bool]) -> RequestDraft:
    """Return the draft with the models that its jobs will go by.

    None named: the default models. An alias stands for its model until some worker serves the name itself.
    Raises ``UnknownModel`` where the horde has a list of models and a name is not in it, ``InvalidRequest`` where the
    size is over the limit of each of them.
    """
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
    return replace(draft, models=tuple(resolved))


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
