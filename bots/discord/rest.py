"""Discord's REST calls, on a client of their own: it speaks also while the gateway is away."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import Any, Final, cast

import discord
from discord.http import Route, handle_message_parameters

from bots.discord.client import RATE_WAIT_MAX_S, NobodyKnows, NotTaken, SaidNo, in_our_words, intents
from bots.discord.parse import Place
from bots.discord.render import Draft

PAGE: Final = 100
EPHEMERAL: Final = 1 << 6
THREADS: Final = frozenset({10, 11, 12})
HAS_THREAD: Final = 160_004


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of ours as Discord has it; answers: the id of the message it replies to."""

    place: Place
    author_id: int
    text: str
    is_ephemeral: bool
    answers: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A channel. guild: its server's id as it stands in addresses, `@me` for direct messages.

    parent_id: the channel that a thread belongs to, None of all others.
    """

    guild: str
    is_nsfw: bool
    parent_id: int | None = None

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread."""
        return self.parent_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who we are there."""

    id: int
    name: str
    application_id: int


class Rest:
    """One logged-in client without a gateway; made at the first call."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._client: discord.Client | None = None
        self._me: Me | None = None
        self._login = asyncio.Lock()
        self._direct: dict[int, int] = {}
        self._rooms: dict[int, Room] = {}

    async def me(self) -> Me:
        """Logs in once; returns who we are."""
        async with self._login:
            if self._me is None:
                client = discord.Client(intents=intents(), max_ratelimit_timeout=RATE_WAIT_MAX_S)
                try:
                    with in_our_words():
                        await client.login(self._token)
                except BaseException as error:
                    await client.close()
                    if isinstance(error, NobodyKnows):
                        raise NotTaken(str(error)) from error
                    raise
                user, application_id = client.user, client.application_id
                if user is None or application_id is None:
                    message = "discord.py logged in without telling who we are"
                    raise AssertionError(message)
                self._client, self._me = client, Me(id=user.id, name=user.name, application_id=application_id)
            return self._me

    async def send(self, channel_id: int, draft: Draft, *, answers: int | None) -> Said:
        """The message is in the channel. The same nonce within minutes is the same message, also at our retries."""
        reference = (
            discord.MessageReference(message_id=answers, channel_id=channel_id, fail_if_not_exists=True)
            if answers
            else None
        )
        form = _form(draft, nonce=draft.nonce, reference=reference)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
        return _said(await self._call(route, form))

    async def answer(self, place: Place, draft: Draft) -> Said:
        """The interaction's own answer is this; doing it again changes nothing."""
        return _said(await self._call(await self._original("PATCH", place), _form(draft)), channel_id=place.channel_id)

    async def answered(self, place: Place) -> Said:
        """Returns the interaction's own answer as it is now."""
        return _said(await self.whole_answer(place), channel_id=place.channel_id)

    async def whole_answer(self, place: Place) -> dict[str, Any]:
        """Returns the interaction's own answer as Discord tells it."""
        return cast("dict[str, Any]", await self._call(await self._original("GET", place)))

    async def change(self, place: Place, draft: Draft) -> Said:
        """The message has these words."""
        return _said(await self._call(_message("PATCH", place), _form(draft)))

    async def remove(self, place: Place) -> None:
        """The message is gone."""
        await self._call(await self._original("DELETE", place) if place.token else _message("DELETE", place))

    async def open_thread(self, place: Place, *, name: str, quiet_minutes: int) -> None:
        """The message has a thread, of the message's id; doing it again changes nothing."""
        path = "/channels/{channel_id}/messages/{message_id}/threads"
        route = Route("POST", path, channel_id=place.channel_id, message_id=place.id)
        try:
            await self._call(route, json={"name": name, "auto_archive_duration": quiet_minutes})
        except SaidNo as error:
            if error.code != HAS_THREAD:
                raise

    async def after(self, channel_id: int, since: int) -> list[Said]:
        """Returns up to a hundred messages after that id, oldest first."""
        return [_said(one) for one in await self.listing(channel_id, since)]

    async def listing(self, channel_id: int, since: int) -> list[dict[str, Any]]:
        """Returns up to a hundred messages after that id as Discord tells them, oldest first."""
        route = Route("GET", "/channels/{channel_id}/messages", channel_id=channel_id)
        found = await self._call(route, params={"after": since, "limit": PAGE})
        return sorted(found, key=lambda one: int(one["id"]))

    async def hides(self, channel_id: int, since: int) -> bool:
        """Tells whether something was said in a channel after that id, and nothing that was ever said there is shown.

        That is how Discord treats who may not read a channel's history: its listing is empty, without an error.
        """
        found = await self._call(Route("GET", "/channels/{channel_id}", channel_id=channel_id))
        is_public, newest = bool(found.get("guild_id")), int(found.get("last_message_id") or 0)
        return is_public and newest > since and not await self.listing(channel_id, 0)

    async def message(self, place: Place) -> dict[str, Any]:
        """Returns a message as Discord tells it: without its words where it neither mentions us nor is ours."""
        return cast("dict[str, Any]", await self._call(_message("GET", place)))

    async def reactors(self, place: Place, emoji: str) -> list[dict[str, Any]]:
        """Returns up to a hundred of those who put that emoji under a message."""
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}"
        route = Route("GET", path, channel_id=place.channel_id, message_id=place.id, emoji=emoji)
        return cast("list[dict[str, Any]]", await self._call(route, params={"limit": PAGE}))

    async def direct(self, user_id: int) -> int:
        """Returns the channel of direct messages with that person."""
        if user_id not in self._direct:
            body = {"recipient_id": str(user_id)}
            try:
                opened = await self._call(Route("POST", "/users/@me/channels"), json=body)
            except NobodyKnows as error:
                raise NotTaken(str(error)) from error  # opening it twice opens it once
            self._direct[user_id] = int(opened["id"])
        return self._direct[user_id]

    async def room(self, channel_id: int) -> Room:
        """Returns what the channel is; a thread is age-restricted where its channel is."""
        if channel_id not in self._rooms:
            found = await self._call(Route("GET", "/channels/{channel_id}", channel_id=channel_id))
            is_nsfw, parent_id = bool(found.get("nsfw")), None
            if found.get("type") in THREADS and found.get("parent_id"):
                parent_id = int(found["parent_id"])
                is_nsfw = (await self.room(parent_id)).is_nsfw
            guild = str(found.get("guild_id") or "@me")
            self._rooms[channel_id] = Room(guild=guild, is_nsfw=is_nsfw, parent_id=parent_id)
        return self._rooms[channel_id]

    async def close(self) -> None:
        """Connections are closed; may be called twice."""
        client, self._client, self._me = self._client, None, None
        if client is not None:
            await client.close()

    async def _original(self, method: str, place: Place) -> Route:
        me = await self.me()
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return Route(method, path, webhook_id=me.application_id, webhook_token=place.token)

    async def _call(self, route: Route, form: Any = None, **options: Any) -> Any:  # noqa: ANN401 - the SDK's answers
        await self.me()
        client = cast("discord.Client", self._client)
        with in_our_words():
            if form is None:
                return await client.http.request(route, **options)
            with form as params:
                if params.files:
                    return await client.http.request(route, files=params.files, form=params.multipart)
                return await client.http.request(route, json=params.payload)


def _message(method: str, place: Place) -> Route:
    path = "/channels/{channel_id}/messages/{message_id}"
    return Route(method, path, channel_id=place.channel_id, message_id=place.id)


def _form(draft: Draft, *, nonce: str | None = None, reference: discord.MessageReference | None = None) -> Any:  # noqa: ANN401 - the SDK's parameters
    files = [
        discord.File(io.BytesIO(one.body), filename=one.name, description=one.alt_text, spoiler=one.is_spoiler)
        for one in draft.uploads
    ]
    more: dict[str, Any] = {"files": files} if files else {}
    if nonce is not None:
        more["nonce"] = nonce
    if reference is not None:
        more["message_reference"] = reference.to_message_reference_dict()
    view: discord.ui.View | None = None
    if draft.buttons:
        # Never registered with the client: a press is read from its own id, so it works after any restart.
        view = discord.ui.View(timeout=None)
        for row, keys in enumerate(draft.buttons):
            for key in keys:
                look = {"label": key.label or None, "emoji": key.emoji or None}
                view.add_item(discord.ui.Button(custom_id=key.custom_id, row=row, **cast("Any", look)))
        more["view"] = view
    calls = discord.AllowedMentions(everyone=False, roles=False, users=False, replied_user=True)
    return handle_message_parameters(draft.text, allowed_mentions=calls, **more)


def _said(given: Any, *, channel_id: int = 0) -> Said:  # noqa: ANN401 - the SDK's answers
    flags, reference = int(given.get("flags", 0)), given.get("message_reference") or {}
    return Said(
        place=Place(channel_id=int(given.get("channel_id") or channel_id), id=int(given["id"])),
        author_id=int(given["author"]["id"]),
        text=str(given["content"]),
        is_ephemeral=bool(flags & EPHEMERAL),
        answers=int(reference["message_id"]) if reference.get("message_id") else None,
    )
