"""The OpenAI format, as far as the horde can serve it; what else a client sends is ignored."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import Images

ModelWord = Annotated[str, Meta(max_length=255)]
Tokens = Annotated[int, Meta(ge=1, le=4_096)]
Stop = str | Annotated[tuple[str, ...], Meta(max_length=16)]


class StreamOptions(msgspec.Struct, kw_only=True, frozen=True):
    """Whether a stream ends with a chunk that counts tokens."""

    include_usage: bool = False


class ContentPart(msgspec.Struct, kw_only=True, frozen=True):
    """A part of a turn; only `text` is read."""

    type: Annotated[str, Meta(max_length=50)]
    text: str = ""


class ChatMessage(msgspec.Struct, kw_only=True, frozen=True):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[ContentPart, ...] = ""


class Sampling(msgspec.Struct, kw_only=True, frozen=True):
    """What chats and completions have in common. Lengths in tokens."""

    model: ModelWord = ""
    max_tokens: Tokens | UnsetType = UNSET
    n: Images = 1
    temperature: Annotated[float, Meta(ge=0, le=5)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    stop: Stop = ()
    stream: bool = False
    stream_options: StreamOptions = msgspec.field(default_factory=StreamOptions)


class ChatInput(Sampling, kw_only=True, frozen=True):
    """POST /v1/chat/completions."""

    messages: Annotated[tuple[ChatMessage, ...], Meta(min_length=1, max_length=2_000)]
    max_completion_tokens: Tokens | UnsetType = UNSET


class CompletionInput(Sampling, kw_only=True, frozen=True):
    """POST /v1/completions: one prompt."""

    prompt: str | Annotated[tuple[str, ...], Meta(max_length=1)] = ""


class Usage(msgspec.Struct, kw_only=True, frozen=True):
    """Tokens, at four characters each: the horde's models have many vocabularies."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


FinishReason = Literal["stop", "length", "content_filter"]


class ChatAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """What the model says."""

    content: str
    role: Literal["assistant"] = "assistant"


class ChatChoice(msgspec.Struct, kw_only=True, frozen=True):
    """One of the answers."""

    index: int
    message: ChatAnswer
    finish_reason: FinishReason
    logprobs: None = None


class ChatCompletion(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a chat."""

    id: str
    created: int
    model: str
    choices: tuple[ChatChoice, ...]
    usage: Usage
    object: Literal["chat.completion"] = "chat.completion"


class ChatDelta(msgspec.Struct, kw_only=True, frozen=True):
    """A piece of an answer."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET


class ChatChunkChoice(msgspec.Struct, kw_only=True, frozen=True):
    """A piece of one of the answers."""

    index: int
    delta: ChatDelta
    finish_reason: FinishReason | None = None


class ChatChunk(msgspec.Struct, kw_only=True, frozen=True):
    """One event of a chat that is streamed."""

    id: str
    created: int
    model: str
    choices: tuple[ChatChunkChoice, ...]
    usage: Usage | UnsetType = UNSET
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


class CompletionChoice(msgspec.Struct, kw_only=True, frozen=True):
    """One of the texts, or a piece of it."""

    index: int
    text: str
    finish_reason: FinishReason | None
    logprobs: None = None


class Completion(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a prompt, and each event where it is streamed."""

    id: str
    created: int
    model: str
    choices: tuple[CompletionChoice, ...]
    usage: Usage | UnsetType = UNSET
    object: Literal["text_completion"] = "text_completion"


class ImagesInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /v1/images/generations. size: width x height, multiples of 64, or `auto`."""

    prompt: Annotated[str, Meta(min_length=1)]
    model: ModelWord = ""
    n: Annotated[int, Meta(ge=1, le=10)] = 1
    size: Annotated[str, Meta(pattern=r"^(auto|[0-9]{2,4}x[0-9]{2,4})$")] = "auto"
    response_format: Literal["url", "b64_json"] = "url"


class ImageMade(msgspec.Struct, kw_only=True, frozen=True):
    """A picture: its address, or itself as base64 WebP."""

    url: str | UnsetType = UNSET
    b64_json: str | UnsetType = UNSET


class ImagesMade(msgspec.Struct, kw_only=True, frozen=True):
    """The reply to a prompt for pictures."""

    created: int
    data: tuple[ImageMade, ...]


class ModelCard(msgspec.Struct, kw_only=True, frozen=True):
    """A model that a worker serves now."""

    id: str
    created: int
    owned_by: str = "horde"
    object: Literal["model"] = "model"


class ModelCards(msgspec.Struct, kw_only=True, frozen=True):
    """The models that workers serve now."""

    data: tuple[ModelCard, ...]
    object: Literal["list"] = "list"


class OpenAIProblem(msgspec.Struct, kw_only=True, frozen=True):
    """What went wrong, in OpenAI's form; `code` is v2's where it has one."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIError(msgspec.Struct, kw_only=True, frozen=True):
    """Every error of these addresses."""

    error: OpenAIProblem
