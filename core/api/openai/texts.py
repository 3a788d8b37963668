"""Chats and prompts as orders of texts, and texts as answers: the template, the stops, the tokens."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET, UnsetType

from core.api.auth import client_agent_of
from core.api.operations import Call
from core.domain.errors import InvalidRequest
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams, tokens_written
from core.domain.requests import JobResult, RequestDraft
from core.wire.openai import ChatMessage, FinishReason, Sampling, Usage

ANY_MODEL: Final = frozenset({"", "any", "auto", "default"})
"""Names that mean: whichever is there."""
CHAT_STOPS: Final = ("\nUser:", "\nSystem:")
_NAMES: Final = {"system": "System", "developer": "System", "assistant": "Assistant"}
_TOKENS: Final = 512
_TOKENS_LEAST: Final = 16
_CONTEXT_LEAST: Final = 2_048
_CONTEXT_STEP: Final = 1_024
_TOP_P_LEAST: Final = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One text, cut where it was to stop."""

    text: str
    reason: FinishReason


def models_of(word: str) -> tuple[str, ...]:
    """Return the models that a client's word means; none: any."""
    return () if word.strip().lower() in ANY_MODEL else (word,)


def prompt_of(messages: Sequence[ChatMessage]) -> str:
    """Return the turns as plain text, a name before each, ready for the assistant's next one."""
    turns = [f"{_NAMES.get(message.role, 'User')}: {_said(message)}" for message in messages]
    return "\n\n".join((*turns, "Assistant:"))


def _said(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content.strip()
    for part in message.content:
        if part.type != "text":
            text = f"A message holds a part of type {part.type[:30]!r}. Only parts of type 'text' are read here."
            raise InvalidRequest(text, field="messages", value=part.type[:30])
    return "\n".join(part.text for part in message.content).strip()


def stops_of(message: Sampling, *further: str) -> tuple[str, ...]:
    """Return where a text ends: where the client says, and where the next turn would begin."""
    given = (message.stop,) if isinstance(message.stop, str) else message.stop
    return tuple(stop for stop in (*given, *further) if stop)


def draft_of(
    call: Call[Any, Any], message: Sampling, prompt: str, *, stops: Sequence[str], tokens: int | UnsetType
) -> RequestDraft:
    """Return the order: with as much context as prompt and answer need."""
    length = max(_TOKENS if tokens is UNSET else tokens, _TOKENS_LEAST)
    needed = tokens_written({"text": prompt}) + length
    context = max(_CONTEXT_LEAST, math.ceil(needed / _CONTEXT_STEP) * _CONTEXT_STEP)
    extra: dict[str, object] = {"stop_sequence": list(stops)} if stops else {}
    if message.temperature is not UNSET:
        extra["temperature"] = message.temperature
    if message.top_p is not UNSET:
        extra["top_p"] = max(message.top_p, _TOP_P_LEAST)
    return RequestDraft(
        kind=Kind.TEXT,
        prompt=prompt,
        models=models_of(message.model),
        n=message.n,
        params=TextParams(length_max=length, context_max=context),
        client_agent=client_agent_of(call.request),
        extra=extra,
    )


def written(result: JobResult, *, stops: Sequence[str], length: int) -> Written:
    """Return a result's text up to its first stop, and why it ends there."""
    whole = str((result.body or {}).get("text", ""))
    if result.state == "censored":
        return Written(text=whole, reason="content_filter")
    ends = [place for stop in stops if (place := whole.find(stop)) >= 0]
    if ends:
        return Written(text=whole[: min(ends)], reason="stop")
    return Written(text=whole, reason="length" if tokens_written({"text": whole}) >= length else "stop")


def usage_of(prompt: str, texts: Sequence[Written]) -> Usage:
    """Return the tokens of prompt and answers, at four characters each."""
    asked = tokens_written({"text": prompt})
    made = sum(tokens_written({"text": one.text}) for one in texts)
    return Usage(prompt_tokens=asked, completion_tokens=made, total_tokens=asked + made)
