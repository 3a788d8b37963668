"""Speaks to the horde over HTTP: one method a route, and each answer as a value or as one of our errors."""

import asyncio
import base64
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

import aiohttp
import msgspec
from yarl import URL

from core.wire import MalformedBodyError, Rc, decode, encode
from core.wire.fields import MetadataType, MetadataValue
from core.wire.people import RequestError
from core.wire.requests import GenerationMetadataStable
from core.wire.work import (
    GenerationPayloadStable,
    GenerationSubmitted,
    PopInputStable,
    ProgressInput,
    ProgressReply,
    ReleaseInput,
    SubmitInputStable,
)
from worker.errors import (
    HordeRefusedError,
    HordeUnreachableError,
    JobUnusableError,
    LeaseLostError,
    NotWelcomeError,
)
from worker.picture import CONTENT_TYPE
from worker.settings.keys import Settings

ANSWER_S = 15.0
UPLOAD_S = 60.0
MessageT = TypeVar("MessageT", bound=msgspec.Struct)
OVER_CODES = frozenset({Rc.INVALID_JOB_ID, Rc.LEASE_LOST, Rc.ABORTED_GEN, Rc.REQUEST_NOT_FOUND})
"""Codes that say: this job is no longer yours."""


def suite_version() -> str:
    """The installed version of the suite, "0" where it is not installed."""
    try:
        return version("horde-suite")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopAnswer:
    """What a pop brought: a job or none; `was_held` tells whether the horde holds pops open.

    cancelled: ids of jobs in this worker's hands that nobody wants any more (the header `Horde-Cancelled`).
    """

    popped: GenerationPayloadStable | None
    was_held: bool
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    preference: str
    cancelled: str


class Horde:
    """The horde as this worker sees it. Nothing here tries again; the stages decide that."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings, *, start_id: str) -> None:
        self._session = session
        self._settings = settings
        agent = f"Horde Suite worker:{suite_version()}:unknown"
        self._headers = {"apikey": settings.key, "Client-Agent": agent, "Content-Type": "application/json"}
        self._pop_headers = {
            "Prefer": f"wait={settings.wait_s}",
            "Horde-Progress": "1",
            "Horde-Start-Id": start_id,
        }
        self._pop_body = encode(_offer(settings, agent))
        self.knows_progress = True

    async def pop(self) -> PopAnswer:
        """A job under lease, or none after the held time.

        Raises:
            NotWelcomeError: the key or the worker is refused.
            JobUnusableError: a job came that cannot be read; its field is the job's id.
            HordeUnreachableError: no answer, or a temporary one.
        """
        timeout_s = self._settings.wait_s + ANSWER_S
        try:
            answer = await self._post("generate/pop", self._pop_body, timeout_s=timeout_s, headers=self._pop_headers)
        except HordeRefusedError as exc:
            raise _not_welcome(exc, self._settings) from exc
        was_held = "wait" in answer.preference
        try:
            popped = decode(answer.body, GenerationPayloadStable)
        except MalformedBodyError as exc:
            job_id = _id_in(answer.body)
            if job_id is None:
                raise HordeUnreachableError(self._settings.url, f"its reply to a pop is no v2 message: {exc}") from exc
            raise JobUnusableError(job_id, f"has a payload that is no v2 message: {', '.join(exc.errors)}") from exc
        cancelled = tuple(filter(None, map(str.strip, answer.cancelled.split(","))))
        return PopAnswer(popped=popped if popped.id else None, was_held=was_held, cancelled=cancelled)

    async def progress(self, job_id: str, *, step: int, steps: int) -> ProgressReply | None:
        """Renews the lease and says whether to go on; None if this horde knows no progress.

        Raises:
            LeaseLostError: the job is no longer ours.
        """
        body = encode(ProgressInput(id=job_id, step=step, steps=steps))
        try:
            answer = await self._post("generate/progress", body)
        except HordeRefusedError as exc:
            # A horde without this route answers 404 or 405 without one of the codes that mean a job is over.
            if exc.status in {404, 405}:
                self.knows_progress = False
                return None
            raise
        return self._read(answer.body, ProgressReply)

    async def release(self, job_id: str) -> None:
        """Hands the job back unmade; it does not matter if it is over already."""
        try:
            await self._post("generate/release", encode(ReleaseInput(id=job_id)))
        except (LeaseLostError, HordeRefusedError):
            return

    async def upload(self, url: str, body: bytes) -> None:
        """Puts the picture where the presigned URL says.

        Raises:
            LeaseLostError: the URL is no longer good, as it is when its lease is over.
        """
        try:
            async with self._session.put(
                URL(url, encoded=True),
                data=body,
                headers={"Content-Type": CONTENT_TYPE},
                timeout=aiohttp.ClientTimeout(total=UPLOAD_S),
            ) as reply:
                await reply.read()
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise HordeUnreachableError(f"the store at {URL(url).host}", _cause(exc)) from exc
        if status >= 500 or status in {408, 429}:
            raise HordeUnreachableError(f"the store at {URL(url).host}", f"HTTP {status}")
        if status in {403, 404, 409, 410}:
            raise LeaseLostError(f"the store refused the upload with HTTP {status}: the lease is over")
        if status >= 400:
            raise HordeRefusedError(status, "", "the store refused the upload")

    async def submit(self, result: SubmitInputStable) -> float | None:
        """Hands the result in and returns the kudos earned; None if it had been handed in before.

        Raises:
            LeaseLostError: the job is no longer ours.
        """
        try:
            answer = await self._post("generate/submit", encode(result))
        except HordeRefusedError as exc:
            if exc.code == Rc.DUPLICATE_GEN:
                return None
            raise
        return float(self._read(answer.body, GenerationSubmitted).reward)

    async def _post(
        self, route: str, body: bytes, *, timeout_s: float = ANSWER_S, headers: dict[str, str] | None = None
    ) -> _Answer:
        try:
            async with self._session.post(
                f"{self._settings.url}/api/v2/{route}",
                data=body,
                headers=self._headers | (headers or {}),
                timeout=aiohttp.ClientTimeout(total=timeout_s, connect=10),
            ) as reply:
                answer = _Answer(
                    status=reply.status,
                    body=await reply.read(),
                    preference=reply.headers.get("Preference-Applied", ""),
                    cancelled=reply.headers.get("Horde-Cancelled", ""),
                )
                retry_after = reply.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as exc:
            raise HordeUnreachableError(self._settings.url, _cause(exc)) from exc
        if answer.status < 300:
            return answer
        error = _error_in(answer.body)
        code = error.rc if isinstance(error.rc, str) else ""
        if answer.status >= 500 or answer.status in {408, 429}:
            wait_s = float(retry_after) if retry_after.isdigit() else None
            raise HordeUnreachableError(self._settings.url, f"HTTP {answer.status}: {error.message}", wait_s)
        if code in OVER_CODES:
            raise LeaseLostError(error.message)
        refusal = NotWelcomeError if answer.status == 401 else HordeRefusedError
        raise refusal(answer.status, code, error.message)

    def _read(self, body: bytes, message: type[MessageT]) -> MessageT:
        try:
            return decode(body, message)
        except MalformedBodyError as exc:
            raise HordeUnreachableError(self._settings.url, f"its reply is no v2 message: {exc}") from exc


def picture_inline(body: bytes) -> str:
    """The picture as base64, for a horde that gives no upload URL."""
    return base64.b64encode(body).decode("ascii")


def note(kind: MetadataType, value: MetadataValue, ref: str | None = None) -> GenerationMetadataStable:
    """One line of the result's metadata; `ref` is cut to the 255 characters that v2 allows."""
    if ref is None:
        return GenerationMetadataStable(type=kind, value=value)
    return GenerationMetadataStable(type=kind, value=value, ref=ref[:255])


def _not_welcome(refusal: HordeRefusedError, settings: Settings) -> NotWelcomeError:
    """The refusal of a pop with what its reader can do about it."""
    said = refusal.explanation.rstrip(".")
    match refusal.status:
        case 401:
            advice = f"Give the key of an account of {settings.url} as --key"
        case 403:
            advice = f"Use another --name than {settings.name}, or ask the people of {settings.url}"
        case 404 | 405 if not refusal.code or refusal.code == Rc.ROUTE_NOT_FOUND:
            said, advice = f"{settings.url} is no horde", "Check --url: the API is expected below it at /api/v2"
        case _:
            advice = "Change that setting and start again"
    return NotWelcomeError(refusal.status, refusal.code, f"{said}. {advice}")


def _offer(settings: Settings, agent: str) -> PopInputStable:
    return PopInputStable(
        name=settings.name,
        models=tuple(entry.name for entry in settings.models),
        priority_usernames=settings.priority_usernames,
        bridge_agent=agent,
        max_pixels=max(entry.px_max for entry in settings.models) ** 2,
        nsfw=settings.allow_nsfw,
        blacklist=settings.blacklist,
        require_upfront_kudos=settings.require_upfront_kudos,
        allow_img2img=False,
        allow_painting=False,
        allow_post_processing=False,
        allow_controlnet=False,
        allow_lora=False,
    )


def _error_in(body: bytes) -> RequestError:
    try:
        return msgspec.json.decode(body, type=RequestError)
    except msgspec.MsgspecError:
        return RequestError(message=body[:200].decode("utf-8", "replace").strip() or "no explanation")


def _id_in(body: bytes) -> str | None:
    try:
        reply = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None
    job_id = reply.get("id") if isinstance(reply, dict) else None
    return job_id if isinstance(job_id, str) else None


def _cause(exc: BaseException) -> str:
    return str(exc) or type(exc).__name__
