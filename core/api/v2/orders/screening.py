"""Screening of an order's prompt: the shipped rules, the moderators' filters, and what may be replaced."""

import asyncio
from dataclasses import replace
from typing import Any

from core.api.context import ApiContext
from core.api.operations import Call
from core.domain.moderation import Verdict
from core.domain.requests import RequestDraft

_SHORT_PROMPT_CHARS = 500


async def screened(call: Call[Any, None], draft: RequestDraft, *, replaced: bool) -> tuple[RequestDraft, Verdict]:
    """Return the draft and the verdict on it.

    replaced: what the moderators' filters refuse is reworded where they say how; so it always is for education
    accounts. The shipped rules are never worded around.
    """
    context = call.context
    if len(draft.prompt) <= _SHORT_PROMPT_CHARS:
        return _screened(context, draft, replaced=replaced or call.account.education)
    # A long one takes some 40 ms.
    return await asyncio.to_thread(_screened, context, draft, replaced=replaced or call.account.education)


def _screened(context: ApiContext, draft: RequestDraft, *, replaced: bool) -> tuple[RequestDraft, Verdict]:
    verdict = context.screening.screen_prompt(draft.prompt)
    if not verdict.allowed:
        return draft, verdict
    verdict = context.filters.judge(draft.prompt)
    if verdict.allowed or not replaced:
        return draft, verdict
    rewritten = context.filters.rewritten(draft.prompt)
    if rewritten is None:
        return draft, verdict
    return replace(draft, prompt=rewritten), context.screening.screen_prompt(rewritten)
