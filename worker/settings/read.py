"""Reads the worker's settings from flags, environment and file, and names every mistake at once."""

import argparse
import socket
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from worker.errors import BadSettingsError
from worker.settings.entries import complete, written_model
from worker.settings.keys import KEYS, ModelEntry, Settings, WrittenModel

PREFIX = "HORDE_WORKER_"
EMBEDDED_MODEL = "tiny-glyphs"
_LISTS = ("blacklist", "priority_usernames")
_TYPES = {field.name: field.type for field in msgspec.structs.fields(Settings)}
_NOT_KEYS = {"CONFIG"}


def read_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """The settings: a flag beats the environment, which beats the file, which beats the default.

    Raises:
        BadSettingsError: with all mistakes, each with its key and an example.
    """
    flags = vars(_parser().parse_args(argv))
    problems: list[str] = []
    written: dict[str, Any] = {"url": "http://127.0.0.1:8000", "name": socket.gethostname()[:100].ljust(3, "-")}
    written |= _from_file(flags.pop("config", None) or environ.get(f"{PREFIX}CONFIG"), problems)
    written |= _from_environment(environ, problems)
    written |= {key: value for key, value in flags.items() if value is not None}
    settings = {key: _read(key, value, problems) for key, value in written.items() if key != "models"}
    settings["models"] = _models(written.get("models", [EMBEDDED_MODEL]), problems)
    if not written.get("key"):
        problems.append(_problem("key", "is missing"))
    if problems:
        raise BadSettingsError(tuple(problems))
    return msgspec.convert(settings, Settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="horde work",
        description="Lends this machine to a horde: takes requests, makes pictures, earns kudos.",
        epilog=f"Every key also as {PREFIX}<KEY> in the environment (models as {PREFIX}MODEL) or in the file.",
    )
    parser.add_argument("--config", metavar="FILE", help="settings in TOML, with the keys below and [[models]]")
    for key, about in KEYS.items():
        if key == "models":
            parser.add_argument(
                "--model", dest="models", action="append", metavar="[NAME=]DIR_OR_ID", help=about.meaning
            )
            continue
        is_switch = _TYPES[key] is bool
        flag = f"--{key.replace('_', '-')}"
        if is_switch:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=about.meaning)
        else:
            parser.add_argument(flag, metavar=key.upper(), help=f"{about.meaning} (e.g. {about.example})")
    return parser


def _from_file(path: str | None, problems: list[str]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        written = tomllib.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError) as exc:
        problems.append(f"config: {path} cannot be read: {exc}. Example: --config worker.toml")
        return {}
    unknown = sorted(set(written) - set(KEYS))
    problems.extend(f"{key}: unknown key in {path}. Known keys: {', '.join(KEYS)}" for key in unknown)
    return {key: value for key, value in written.items() if key in KEYS}


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or not value:
            continue
        short = variable.removeprefix(PREFIX)
        if short in {"MODEL", "MODELS"}:
            written["models"] = [part for part in value.split(",") if part.strip()]
        elif short.lower() in KEYS:
            written[short.lower()] = value
        elif short not in _NOT_KEYS:
            problems.append(f"{variable}: unknown variable. Known: {', '.join(PREFIX + key.upper() for key in KEYS)}")
    return written


def _read(key: str, value: object, problems: list[str]) -> object:
    if key in _LISTS and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if key == "url" and isinstance(value, str):
        value = value.rstrip("/").removesuffix("/api")
    try:
        return msgspec.convert(value, _TYPES[key], strict=False)
    except msgspec.ValidationError as exc:
        shown = "" if key == "key" else f" {value!r}"
        problems.append(_problem(key, f"cannot be{shown}: {exc}"))
        return None


def _models(written: object, problems: list[str]) -> tuple[ModelEntry, ...]:
    if not isinstance(written, list) or not written:
        problems.append(_problem("models", "has to be a list with at least one model"))
        return ()
    entries: dict[str, ModelEntry] = {}
    for number, item in enumerate(written, start=1):
        where = f"models, entry {number}"
        try:
            raw = written_model(item) if isinstance(item, str) else msgspec.convert(item, WrittenModel)
            entry = complete(raw)
        except (ValueError, msgspec.ValidationError) as exc:
            problems.append(f"{where}: {exc}")
            continue
        if entry.name in entries:
            problems.append(f"{where}: the name {entry.name} is given twice. Example: --model other-name={entry.model}")
        if entry.direct_px > entry.px_max:
            problems.append(
                f"{where}: direct_px {entry.direct_px} is over px_max {entry.px_max}. Example: px_max = 1024"
            )
        entries[entry.name] = entry
    return tuple(entries.values())


def _problem(key: str, what: str) -> str:
    about = KEYS[key]
    flag = "--model" if key == "models" else f"--{key.replace('_', '-')}"
    return f"{key}: {what}. It is the {about.meaning}. Example: {about.example} (as {flag} or {PREFIX}{key.upper()})"
