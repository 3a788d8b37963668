"""The unmodified horde-sdk: its simple, asynchronous and manual clients, pointed at this horde by AI_HORDE_URL.

With TESTS_ONGOING=1, a switch of its own, its models also refuse every field that they do not know.
"""

import asyncio
import base64
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import requests
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    AlchemyPopRequest,
    AlchemyPopResponse,
    DeleteTextGenerateRequest,
    FindUserRequest,
    HordePerformanceRequest,
    HordePerformanceResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateJobPopRequest,
    ImageGenerateJobPopResponse,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
    ImageGenerationInputPayload,
    ImageGenerationJobSubmitRequest,
    JobSubmitResponse,
    KudosTransferRequest,
    KudosTransferResponse,
    ListUsersDetailsRequest,
    ListUsersDetailsResponse,
    ModelGenerationInputKobold,
    ModifyUserRequest,
    ModifyUserResponse,
    ModifyWorkerRequest,
    ModifyWorkerResponse,
    SingleUserDetailsRequest,
    TextGenerateAsyncRequest,
    TextGenerateAsyncResponse,
    TextGenerateJobPopRequest,
    TextGenerateJobPopResponse,
    TextGenerateStatusResponse,
    TextGenerationJobSubmitRequest,
    UserDetailsResponse,
)
from horde_sdk.generic_api.apimodels import RequestErrorResponse

KEY, MODEL, TEXT_MODEL = os.environ["PLACE_KEY"], os.environ["PLACE_MODEL"], os.environ["PLACE_TEXT_MODEL"]
SOURCE = os.environ["PLACE_SOURCE"]
FORMS = ("caption", "nsfw", "RealESRGAN_x4plus")


def image(**more: Any) -> ImageGenerateAsyncRequest:
    params = ImageGenerationInputPayload(width=64, height=64, steps=5, n=2)
    return ImageGenerateAsyncRequest(apikey=KEY, prompt="a red heart", params=params, models=[MODEL], **more)


def text(**more: Any) -> TextGenerateAsyncRequest:
    params = ModelGenerationInputKobold(max_length=32, max_context_length=1024)
    return TextGenerateAsyncRequest(apikey=KEY, prompt="Once", params=params, models=[TEXT_MODEL], **more)


def alchemy() -> AlchemyAsyncRequest:
    forms = [AlchemyAsyncRequestFormItem(name=name) for name in FORMS]
    return AlchemyAsyncRequest(apikey=KEY, forms=forms, source_image=SOURCE)


def made(pictures: Any, texts: Any, forms: Any, sizes: list[Any]) -> dict[str, Any]:
    return {
        "sizes": sizes,
        "seeds": len({generation.seed for generation in pictures.generations}),
        "texts": [generation.text for generation in texts.generations],
        "forms": [form.form for form in forms.forms],
        "caption": [result.caption for result in forms.all_caption_results],
        "nsfw": [result.nsfw for result in forms.all_nsfw_results],
        "upscaled": [result.url for result in forms.all_upscale_results],
    }


def simple() -> dict[str, Any]:
    client = AIHordeAPISimpleClient()
    seen: list[int] = []
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(
            client.image_generate_request, image(), check_callback=lambda reply: seen.append(reply.finished)
        )
        written = pool.submit(client.text_generate_request, text())
        looked = pool.submit(client.alchemy_request, alchemy())
        (pictures, _), (texts, _), (forms, _) = asked.result(), written.result(), looked.result()
    sizes = [client.download_image_from_generation(generation).size for generation in pictures.generations]
    return made(pictures, texts, forms, sizes) | {
        "checked": seen[-1],
        "dry": [
            client.image_generate_request_dry_run(image(dry_run=True)).kudos,
            client.text_generate_request_dry_run(text(dry_run=True)).kudos,
        ],
    }


async def later() -> dict[str, Any]:
    async with aiohttp.ClientSession() as session:
        client = AIHordeAPIAsyncSimpleClient(session)
        (pictures, _), (texts, _), (forms, _) = await asyncio.gather(
            client.image_generate_request(image()),
            client.text_generate_request(text()),
            client.alchemy_request(alchemy()),
        )
        downloads = [await client.download_image_from_generation(generation) for generation in pictures.generations]
        return made(pictures, texts, forms, [picture.size for picture, _ in downloads])


def looked_up() -> dict[str, Any]:
    client = AIHordeAPISimpleClient()
    workers = client.workers_all_details()
    (painter,) = [worker for worker in workers.root if worker.name == "a painter"]
    return {
        "heartbeat": client.heartbeat_request().message,
        "models": [model.name for model in client.image_status_models_all().root],
        "model": [model.count for model in client.image_status_models_single(MODEL).root],
        "news": len(client.get_news().root),
        "worker": [
            client.worker_details(painter.id_).name,
            client.worker_details_by_name("a painter").id_ == painter.id_,
        ],
        "stats": [client.image_stats_totals().total.images, client.text_stats_totals().total["requests"]],
        "months": [sorted(client.image_stats_models().month), sorted(client.text_stats_models().month)],
    }


def people() -> dict[str, Any]:
    """Users, kudos and shared keys; the SDK has no models for making a shared key, so one is given to it."""
    manual, shared = AIHordeAPIManualClient(), os.environ["PLACE_SHARED_KEY"]
    me = ask(manual, FindUserRequest(apikey=KEY), UserDetailsResponse)
    lent = ask(manual, FindUserRequest(apikey=shared), UserDetailsResponse)
    everyone = ask(manual, ListUsersDetailsRequest(page=1, sort="age"), ListUsersDetailsResponse)
    single = ask(manual, SingleUserDetailsRequest(user_id=str(me.id_)), UserDetailsResponse)
    given = KudosTransferRequest(apikey=KEY, username=os.environ["PLACE_WORKER_USER"], amount=7)
    sent = ask(manual, given, KudosTransferResponse)
    contact = ModifyUserRequest(apikey=KEY, user_id=str(me.id_), contact="me@example.org")
    changed = ask(manual, contact, ModifyUserResponse)
    performance = ask(manual, HordePerformanceRequest(), HordePerformanceResponse)
    refused = manual.submit_request(FindUserRequest(apikey="nobodys-nobodys-nobody"), UserDetailsResponse)
    client = AIHordeAPISimpleClient()
    by_key = TextGenerateAsyncRequest(apikey=shared, prompt="Once", models=[TEXT_MODEL])
    pictures, _ = client.text_generate_request(by_key)
    return {
        "me": [me.username, me.trusted],
        "lent": lent.username,
        "everyone": [user.username for user in everyone.root],
        "single": single.username == me.username,
        "transferred": sent.transferred,
        "contact": changed.contact,
        "workers": [performance.worker_count, performance.text_worker_count, performance.interrogator_count],
        "refused": [refused.rc, bool(refused.message)] if isinstance(refused, RequestErrorResponse) else [],
        "by_key": [generation.text for generation in pictures.generations],
    }


def work() -> dict[str, Any]:
    """A worker made of the SDK's own pop and submit models: nothing to do, a picture, a text, a form."""
    manual = AIHordeAPIManualClient()
    who = {"apikey": os.environ["PLACE_WORKER_KEY"], "name": "an sdk worker", "bridge_agent": "SDK flow:1:unknown"}
    painter = ImageGenerateJobPopRequest(**who, models=["sdk-model"], max_pixels=262144)
    writer = TextGenerateJobPopRequest(**who | {"name": "an sdk writer"}, models=["sdk-text"])
    alchemist = AlchemyPopRequest(
        apikey=who["apikey"], name="an sdk alchemist", priority_usernames=[], forms=["strip_background"]
    )
    nothing = [
        ask(manual, painter, ImageGenerateJobPopResponse).id_,
        ask(manual, writer, TextGenerateJobPopResponse).id_,
        ask(manual, alchemist, AlchemyPopResponse).forms,
    ]
    params = ImageGenerationInputPayload(width=64, height=64, steps=5, n=1, seed="42")
    wanted = ImageGenerateAsyncRequest(apikey=KEY, prompt="a red heart", params=params, models=["sdk-model"])
    asked = ask(manual, wanted, ImageGenerateAsyncResponse)
    job = ask(manual, painter, ImageGenerateJobPopResponse)
    requests.put(job.r2_uploads[0], data=base64.b64decode(SOURCE), timeout=10).raise_for_status()
    done = ImageGenerationJobSubmitRequest(apikey=who["apikey"], id=job.ids[0], generation="R2", state="ok", seed=42)
    reward = ask(manual, done, JobSubmitResponse).reward
    status = ask(manual, ImageGenerateStatusRequest(id=asked.id_), ImageGenerateStatusResponse)
    story = ask(
        manual, TextGenerateAsyncRequest(apikey=KEY, prompt="Once", models=["sdk-text"]), TextGenerateAsyncResponse
    )
    told = ask(manual, writer, TextGenerateJobPopResponse)
    text_done = TextGenerationJobSubmitRequest(apikey=who["apikey"], id=told.id_, generation=" more", state="ok")
    text_reward = ask(manual, text_done, JobSubmitResponse).reward
    cancelled = ask(manual, DeleteTextGenerateRequest(id=story.id_), TextGenerateStatusResponse)
    found = AIHordeAPISimpleClient().worker_details_by_name("an sdk worker")
    changed = ModifyWorkerRequest(apikey=who["apikey"], worker_id=found.id_, maintenance=True, info="made of the SDK")
    return {
        "nothing": nothing,
        "job": [job.payload.prompt, job.payload.seed, job.model, job.payload.ddim_steps],
        "rewards": [reward > 0, text_reward > 0],
        "seeds": [generation.seed for generation in status.generations],
        "text": [told.payload.prompt, [generation.text for generation in cancelled.generations]],
        "changed": [ask(manual, changed, ModifyWorkerResponse).maintenance, found.requests_fulfilled],
        "deleted": AIHordeAPISimpleClient().worker_delete(found.id_, api_key=who["apikey"]).deleted_name,
    }


def ask(client: AIHordeAPIManualClient, wanted: Any, reply: Any) -> Any:
    """The reply, of that type; an error stops the flow with all that the SDK says about it."""
    got = client.submit_request(wanted, reply)
    if isinstance(got, RequestErrorResponse):
        raise SystemExit(f"{type(wanted).__name__}: {got.message} {got.object_data}")
    return got


if __name__ == "__main__":
    part = {
        "simple": simple,
        "later": lambda: asyncio.run(later()),
        "looked_up": looked_up,
        "people": people,
        "work": work,
    }[sys.argv[1]]
    print(json.dumps(part()))
