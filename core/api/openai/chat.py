"""POST /v1/chat/completions: a chat's next turn, whole or streamed."""

from collections.abc import Sequence

from msgspec import UNSET

from core.api.limits.limit import ORDER
from core.api.openai import texts
from core.api.openai.running import ended, order
from core.api.openai.streaming import pieces_of, streamed
from core.api.operations import Answer, Call, Caller, Media, Operation, Operations, Tag
from core.domain.kinds.text import params_of
from core.domain.requests import JobResult, RequestDraft
from core.wire import Rc
from core.wire.openai import (
    ChatAnswer,
    ChatChoice,
    ChatChunk,
    ChatChunkChoice,
    ChatCompletion,
    ChatDelta,
    ChatInput,
    FinishReason,
)


async def complete_chat(call: Call[ChatInput, None]) -> Answer:
    """Have the next turn of a chat written, and answer with it; a client that goes cancels it."""
    message = call.message
    prompt, stops = texts.prompt_of(message.messages), texts.stops_of(message, *texts.CHAT_STOPS)
    tokens = message.max_tokens if message.max_completion_tokens is UNSET else message.max_completion_tokens
    draft = texts.draft_of(call, message, prompt, stops=stops, tokens=tokens)
    if message.stream:
        return await _stream(call, draft, stops)
    created = call.context.clock.now_ms() // 1_000
    async with order(call, draft, is_screened=False) as request_id:
        found = await ended(call, request_id)
    made = [_trimmed(one, draft, stops) for one in found.status.results]
    return ChatCompletion(
        id=f"chatcmpl-{request_id}",
        created=created,
        model=found.status.results[0].model,
        choices=tuple(
            ChatChoice(index=index, message=ChatAnswer(content=one.text), finish_reason=one.reason)
            for index, one in enumerate(made)
        ),
        usage=texts.usage_of(prompt, made),
    )


def _trimmed(result: JobResult, draft: RequestDraft, stops: Sequence[str]) -> texts.Written:
    """Return a turn without the space around it, which the template brought about."""
    made = texts.written(result, stops=stops, length=params_of(draft).length_max)
    return texts.Written(text=made.text.strip(), reason=made.reason)


async def _stream(call: Call[ChatInput, None], draft: RequestDraft, stops: Sequence[str]) -> Answer:
    created = call.context.clock.now_ms() // 1_000
    async with order(call, draft, is_screened=False) as request_id, streamed(call) as stream:
        model = call.message.model

        def chunk(index: int, delta: ChatDelta, reason: FinishReason | None = None) -> ChatChunk:
            choice = ChatChunkChoice(index=index, delta=delta, finish_reason=reason)
            return ChatChunk(id=f"chatcmpl-{request_id}", created=created, model=model, choices=(choice,))

        for index in range(draft.n):
            await stream.send(chunk(index, ChatDelta(role="assistant", content="")))
        found = await ended(call, request_id, while_quiet=stream.stay)
        model = found.status.results[0].model
        made = [_trimmed(one, draft, stops) for one in found.status.results]
        for index, one in enumerate(made):
            for piece in pieces_of(one.text):
                await stream.send(chunk(index, ChatDelta(content=piece)))
            await stream.send(chunk(index, ChatDelta(), one.reason))
        if call.message.stream_options.include_usage:
            usage = texts.usage_of(draft.prompt, made)
            await stream.send(
                ChatChunk(id=f"chatcmpl-{request_id}", created=created, model=model, choices=(), usage=usage)
            )
    return stream.response


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/v1/chat/completions",
        id="create_chat_completion",
        tag=Tag.OPENAI,
        summary="The next turn of a chat",
        handler=complete_chat,
        body=ChatInput,
        replies={200: ChatCompletion},
        streamed=Media(
            content_type="text/event-stream", about="Pieces of the turn, then [DONE].", messages=(ChatChunk,)
        ),
        refusals={
            400: (Rc.BAD_REQUEST, Rc.INVALID_PROMPT_SIZE, Rc.TOKEN_OVERFLOW),
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
