"""POST /v1/completions: a prompt written on, whole or streamed."""

from collections.abc import Sequence

from core.api.limits.limit import ORDER
from core.api.openai import texts
from core.api.openai.running import ended, order
from core.api.openai.streaming import pieces_of, streamed
from core.api.operations import Answer, Call, Caller, Media, Operation, Operations, Tag
from core.domain.kinds.text import params_of
from core.domain.requests import RequestDraft
from core.wire import Rc
from core.wire.openai import Completion, CompletionChoice, CompletionInput, FinishReason


async def complete_prompt(call: Call[CompletionInput, None]) -> Answer:
    """Have a prompt written on, and answer with what follows it; a client that goes cancels it."""
    message, given = call.message, call.message.prompt
    prompt = given if isinstance(given, str) else "".join(given)
    stops = texts.stops_of(message)
    draft = texts.draft_of(call, message, prompt, stops=stops, tokens=message.max_tokens)
    if message.stream:
        return await _stream(call, draft, stops)
    created, length = call.context.clock.now_ms() // 1_000, params_of(draft).length_max
    async with order(call, draft, is_screened=False) as request_id:
        found = await ended(call, request_id)
    made = [texts.written(one, stops=stops, length=length) for one in found.status.results]
    return Completion(
        id=f"cmpl-{request_id}",
        created=created,
        model=found.status.results[0].model,
        choices=tuple(
            CompletionChoice(index=index, text=one.text, finish_reason=one.reason) for index, one in enumerate(made)
        ),
        usage=texts.usage_of(prompt, made),
    )


async def _stream(call: Call[CompletionInput, None], draft: RequestDraft, stops: Sequence[str]) -> Answer:
    created, length = call.context.clock.now_ms() // 1_000, params_of(draft).length_max
    async with order(call, draft, is_screened=False) as request_id, streamed(call) as stream:
        found = await ended(call, request_id, while_quiet=stream.stay)
        model = found.status.results[0].model

        def chunk(index: int, text: str, reason: FinishReason | None = None) -> Completion:
            choice = CompletionChoice(index=index, text=text, finish_reason=reason)
            return Completion(id=f"cmpl-{request_id}", created=created, model=model, choices=(choice,))

        made = [texts.written(one, stops=stops, length=length) for one in found.status.results]
        for index, one in enumerate(made):
            for piece in pieces_of(one.text):
                await stream.send(chunk(index, piece))
            await stream.send(chunk(index, "", one.reason))
        if call.message.stream_options.include_usage:
            usage = texts.usage_of(draft.prompt, made)
            await stream.send(
                Completion(id=f"cmpl-{request_id}", created=created, model=model, choices=(), usage=usage)
            )
    return stream.response


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/v1/completions",
        id="create_completion",
        tag=Tag.OPENAI,
        summary="What follows a prompt",
        handler=complete_prompt,
        body=CompletionInput,
        replies={200: Completion},
        streamed=Media(
            content_type="text/event-stream", about="Pieces of the text, then [DONE].", messages=(Completion,)
        ),
        refusals={
            400: (Rc.BAD_REQUEST, Rc.INVALID_PROMPT_SIZE, Rc.MISSING_PROMPT, Rc.TOKEN_OVERFLOW),
            403: (Rc.DELETED_USER, Rc.KUDOS_UPFRONT),
            429: (Rc.TOO_MANY_PROMPTS,),
        },
        caller=Caller.ACCOUNT,
        shared_keys=True,
        limits=ORDER,
        pictures=True,
        ours=True,
    ),
)
