"""POST /v1/images/generations: pictures, as addresses or as base64."""

from core.api.auth import client_agent_of
from core.api.limits.limit import ORDER
from core.api.openai.running import ended, order
from core.api.openai.texts import models_of
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.orders import seen
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestDraft
from core.wire import Rc
from core.wire.openai import ImageMade, ImagesInput, ImagesMade


async def generate_images(call: Call[ImagesInput, None]) -> Answer:
    """Have pictures made, and answer with them; a client that goes cancels them."""
    context, message = call.context, call.message
    params = ImageParams()
    if message.size != "auto":
        width, height = map(int, message.size.split("x"))
        params = ImageParams(width_px=width, height_px=height)
    draft = RequestDraft(
        kind=Kind.IMAGE,
        prompt=message.prompt,
        models=models_of(message.model),
        n=message.n,
        params=params,
        client_agent=client_agent_of(call.request),
    )
    created = context.clock.now_ms() // 1_000
    async with order(call, draft, is_screened=True) as request_id:
        found = await ended(call, request_id)
    inline = message.response_format == "b64_json"
    made = [await seen.picture_of(context, one.object_key, inline=inline) for one in found.status.results]
    return ImagesMade(
        created=created, data=tuple(ImageMade(b64_json=one) if inline else ImageMade(url=one) for one in made)
    )


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/v1/images/generations",
        id="create_image",
        tag=Tag.OPENAI,
        summary="Pictures of a prompt",
        handler=generate_images,
        body=ImagesInput,
        replies={200: ImagesMade},
        refusals={
            400: (Rc.BAD_REQUEST, Rc.CORRUPT_PROMPT, Rc.INVALID_PROMPT_SIZE, Rc.INVALID_SIZE, Rc.UNKNOWN_MODEL),
            403: (Rc.DELETED_USER, Rc.KUDOS_UPFRONT),
            429: (Rc.TOO_MANY_PROMPTS,),
        },
        caller=Caller.ACCOUNT,
        shared_keys=True,
        limits=ORDER,
        ours=True,
    ),
)
