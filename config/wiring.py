"""The composition root: which implementation stands behind which port, and what runs in one process."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bots.commons.adapter import CommonsPlatform
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.routes import routes as commons_routes
from bots.commons.price import PriceTag
from bots.metrics import BotFigures
from bots.platform import Platform, PlatformMisconfigured
from bots.runner import Runner
from bots.styles import StyleShelf, StylesInvalid
from config.hordes.chosen import horde_of
from config.kudos import fee_per_mille, kudos_policy, tax_job_mk
from config.limits import client_addresses, rate_limits
from config.objects import Shelf, disk_objects, s3_objects
from config.pages import documents, news
from config.platforms.conversation import gate_of, rooms_of, tip_rules
from config.platforms.discord import discord_platform, tell_discord
from config.platforms.mastodon import mastodon_platform
from config.platforms.reddit import reddit_platform
from config.secrets_file import horde_secret
from config.settings import Settings, SettingsError
from config.volunteers import worker_policy
from core.api import ApiContext, create_app
from core.api.context import HELD
from core.api.hooks import WebhookPoster
from core.api.metrics import EngineFigures, Metrics, ProcessFigures, StoreFigures
from core.domain.errors import Unavailable
from core.domain.policy import QueuePolicy
from core.loops.chores import chores
from core.loops.loops import Loops
from core.loops.wakeup import MemoryWakeup
from core.loops.webhooks import WebhookSender
from core.ports.clock import Clock, SystemClock
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.services.moderation.filtered import FilteredScreening
from core.services.moderation.screening import RuleScreening
from core.services.statistics.meters import Meters
from core.store import Store, open_store
from core.store.migrate import upgrade
from core.web.routes import WebContext
from core.web.routes import routes as web_routes

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent
MIGRATIONS = (ROOT / "core" / "store" / "migrations", ROOT / "bots" / "store" / "migrations")
SHIPPED = Path(__file__).parent / "data"
MK = 1_000
VERSION = "0.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every command stands on: the open store, its secret, the clock and the queue's numbers."""

    settings: Settings
    secret: bytes
    clock: Clock
    uow: Store
    wakeup: MemoryWakeup
    policy: QueuePolicy


def queue_policy(settings: Settings) -> QueuePolicy:
    """The queue's numbers as the engine takes them. Raises SettingsError where they contradict each other."""
    queue = settings.queue
    least = 4 * queue.weight_s
    if queue.request_ttl_s < least:
        raise SettingsError([f"queue.request_ttl_s: must be at least 4 x queue.weight_s. An example: {least}."])
    return QueuePolicy(
        weight_max_s=queue.weight_s,
        weight_half_mk=queue.weight_kudos * MK,
        guest_handicap_mk=queue.guest_handicap_kudos * MK,
        request_lifetime_s=queue.request_ttl_s,
        lease_reporting_s=queue.lease_s,
        waiting_max=queue.waiting_max,
        waiting_anonymous_max=queue.waiting_max_anonymous,
        fee_per_mille=fee_per_mille(settings.kudos),
        tax_job_mk=tax_job_mk(settings.kudos),
        kudos=kudos_policy(settings.kudos),
        workers=worker_policy(settings.volunteers),
        requests_kept_s=queue.kept_days * 24 * 3_600,
        default_models=settings.models.default_models,
        model_aliases=settings.models.aliases,
        model_sizes_px=settings.models.sizes_px,
        model_baselines=settings.models.baselines,
        model_params_b=settings.models.params_b,
    )


def prepare_data(settings: Settings) -> bytes:
    """The data folder is there and writable, the database at this program's schema; returns the folder's secret.

    Raises:
        Unavailable: the folder or the database cannot be written.
    """
    folder = settings.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Unavailable(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Make it writable for this user, or choose another: --data DIR"
        ) from error
    upgrade(settings.database_url, MIGRATIONS)
    return horde_secret(folder, settings.data.secret)


@asynccontextmanager
async def open_ground(settings: Settings) -> AsyncIterator[Ground]:
    """An open, migrated store for as long as the block runs."""
    secret = prepare_data(settings)
    clock = SystemClock()
    wakeup = MemoryWakeup()
    policy = queue_policy(settings)
    uow = await open_store(
        settings.database_url,
        clock=clock,
        key_secret=secret.hex(),
        wakeup=wakeup,
        connections=settings.data.database_connections,
    )
    wakeup.watch(
        uow.changed_elsewhere,
        waiting=lambda: uow.read(lambda tx: tx.lanes.waiting_by_lane(clock.now_ms())),
    )
    try:
        yield Ground(settings=settings, secret=secret, clock=clock, uow=uow, wakeup=wakeup, policy=policy)
    finally:
        await uow.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What one process runs: the app that is served, and the parts that go on beside it."""

    app: web.Application
    runner: Runner
    loops: Loops
    sender: WebhookSender
    wakeup: MemoryWakeup


def style_shelf(settings: Settings) -> StyleShelf:
    """The styles in use. Raises Unavailable with all that is wrong in them."""
    folder = Path(settings.bots.styles_folder) if settings.bots.styles_folder else SHIPPED / "styles"
    try:
        return StyleShelf(folder, default=settings.bots.default_style)
    except StylesInvalid as error:
        raise Unavailable(str(error)) from error


def prompt_screening() -> RuleScreening:
    """The shipped moderation rules. Raises Unavailable where the file is broken."""
    return RuleScreening.load(SHIPPED / "rules.json")


def commons(ground: Ground, _objects: ObjectStore) -> CommonsPlatform:
    """The local web timeline."""
    return CommonsPlatform(uow=ground.uow, clock=ground.clock, handle=ground.settings.commons.bot_name)


def reddit(ground: Ground, _objects: ObjectStore) -> Platform:
    """A Reddit account."""
    return reddit_platform(ground.settings.reddit, clock=ground.clock, version=VERSION)


def mastodon(ground: Ground, objects: ObjectStore) -> Platform:
    """A server that speaks Mastodon's API."""
    return mastodon_platform(ground.settings.mastodon, objects=objects, clock=ground.clock)


def discord(ground: Ground, objects: ObjectStore) -> Platform:
    """Discord, or a server that speaks its API."""
    return discord_platform(ground.settings.discord, objects=objects, clock=ground.clock)


# Where people can summon the horde: name -> how its adapter is made.
PLATFORMS: dict[str, Callable[[Ground, ObjectStore], Platform]] = {
    "commons": commons,
    "reddit": reddit,
    "mastodon": mastodon,
    "discord": discord,
}


def showcases(settings: Settings) -> dict[str, str]:
    """Where the pictures of a summons are shown to all: platform of the summons -> platform of the showcase."""
    return {
        "commons": "commons",
        "reddit": "reddit" if settings.reddit.showcase else "commons",
        "mastodon": "mastodon" if settings.mastodon.showcase_per_hour else "commons",
        "discord": "discord" if settings.discord.showcase_channel else "commons",
    }


def platforms_of(ground: Ground, objects: ObjectStore) -> list[Platform]:
    """The adapters that are switched on. One that lacks something is told in the log and does not stop the others."""
    settings = ground.settings
    enabled = {
        "commons": settings.commons.enabled,
        "reddit": settings.reddit.enabled,
        "mastodon": settings.mastodon.enabled,
        "discord": settings.discord.enabled,
    }
    made = []
    for name, make in PLATFORMS.items():
        try:
            made += [make(ground, objects)] if enabled[name] else []
        except PlatformMisconfigured as error:
            log.error("bots.misconfigured part=%s reason=%s", name, error)  # noqa: TRY400 - the reason says it all
    return made


# Where pictures live: objects.kind -> how the store is made.
OBJECTS: dict[str, Callable[..., Shelf]] = {"disk": disk_objects, "s3": s3_objects}


def metrics_page(ground: Ground, app: web.Application, meters: Meters) -> Metrics:
    """What Prometheus may read: each room's figures."""
    held, policy = app[HELD], ground.policy
    return Metrics(
        [
            EngineFigures(uow=ground.uow, clock=ground.clock, online_s=policy.online_s),
            ProcessFigures(meters, held=lambda: len(held), streams=lambda: held.streams),
            StoreFigures(ground.uow.meters),
            BotFigures(uow=ground.uow, clock=ground.clock),
        ],
        open_to_all=ground.settings.server.metrics == "open",
    )


def build_rooms(ground: Ground, *, public_url: str) -> Rooms:
    """Everything of one process, made and connected; nothing runs yet."""
    settings, uow, clock, policy = ground.settings, ground.uow, ground.clock, ground.policy
    kept = OBJECTS[settings.objects.kind](settings, public_url=public_url, secret=ground.secret, clock=clock)
    objects = kept.objects
    screening, shelf = prompt_screening(), style_shelf(settings)
    platforms = platforms_of(ground, objects)
    meters = Meters()
    context = ApiContext(
        uow=uow,
        objects=objects,
        clock=clock,
        wakeup=ground.wakeup,
        screening=screening,
        policy=policy,
        meters=meters,
        public_url=public_url,
        secret=ground.secret,
        version=VERSION,
        signed_objects=kept.served,
        rate_limits=rate_limits(settings, public_url=public_url, clock=clock),
        addresses=client_addresses(settings),
        prompt_timeouts=settings.api.prompt_timeouts,
        news=news(settings),
        documents=documents(settings),
    )
    judged = FilteredScreening(screening, context.filters)
    timelines = [
        commons_context(ground, platform, objects=objects, screening=judged, shelf=shelf, public_url=public_url)
        for platform in platforms
        if isinstance(platform, CommonsPlatform)
    ]
    web_pages = web_routes(WebContext(uow=uow, clock=clock, version=VERSION))
    app = create_app(context, web_pages, *map(commons_routes, timelines))
    app.on_shutdown.extend(timeline.pulse.close for timeline in timelines)
    if settings.server.metrics != "off":
        app.add_routes(metrics_page(ground, app, meters).routes())
    app.on_cleanup.append(kept.end)
    horde, beside = horde_of(
        settings.horde,
        version=VERSION,
        uow=uow,
        clock=clock,
        policy=policy,
        screening=judged,
        objects=objects,
        fetches=context.sources,
        secret=ground.secret,
    )
    tell_discord(platforms, uow=uow, shelf=shelf, horde=horde, clock=clock, tips=tip_rules(settings.bots))
    runner = Runner(
        uow=uow,
        clock=clock,
        horde=horde,
        shelf=shelf,
        platforms=platforms,
        places=showcases(settings),
        text_model=settings.bots.text_model,
        rooms=[
            *rooms_of(settings.bots, horde=horde, uow=uow, clock=clock, platforms=platforms, policy=policy),
            *beside,
        ],
        gate=gate_of(settings.bots),
    )
    uow.on_events(runner.hint_events)
    uow.on_events(context.changes.hint)
    loops = Loops(chores(uow=uow, objects=objects, policy=policy), uow=uow, clock=clock, meters=meters)
    sender = WebhookSender(uow=uow, clock=clock, poster=WebhookPoster(context=context))
    return Rooms(app=app, runner=runner, loops=loops, sender=sender, wakeup=ground.wakeup)


def commons_context(
    ground: Ground,
    platform: CommonsPlatform,
    *,
    objects: ObjectStore,
    screening: Screening,
    shelf: StyleShelf,
    public_url: str,
) -> CommonsContext:
    """What the timeline's pages work with."""
    return CommonsContext(
        uow=ground.uow,
        objects=objects,
        clock=ground.clock,
        screening=screening,
        platform=platform,
        prices=PriceTag(handle=platform.handle, book=lambda: shelf.book, policy=ground.policy),
        secret=ground.secret,
        public_url=public_url,
        version=VERSION,
        posts_per_minute=ground.settings.commons.posts_per_minute,
    )
