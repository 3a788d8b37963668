"""Every setting of the suite: typed, read once, and all that is wrong with them said at once."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from config.hordes.remote import HordeSettings, missing_for_horde
from config.kudos import KudosSettings
from config.platforms.conversation import BotSettings
from config.platforms.discord import DiscordSettings
from config.platforms.mastodon import MastodonSettings
from config.platforms.reddit import RedditSettings
from config.volunteers import VolunteerSettings
from core.domain.errors import HordeError

ENV_PREFIX = "HORDE_"
FILE_NAME = "horde.toml"
UNSHOWN = ("secret", "password", "token", "database_url")
EMBEDDED_MODEL = "tiny-glyphs"


class SettingsError(HordeError):
    """Some settings are wrong; `problems` has one sentence a key."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("These settings are wrong:\n  " + "\n  ".join(problems))


Port = Annotated[int, Meta(ge=0, le=65535, examples=[8000])]


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the API and the page are served."""

    host: Annotated[str, Meta(min_length=1, examples=["127.0.0.1"])] = "127.0.0.1"
    port: Port = 8000
    public_url: Annotated[str, Meta(pattern=r"^$|^https?://[^/\s]+$", examples=["https://horde.example.org"])] = ""
    reuse_port: Annotated[bool, Meta(examples=[False])] = False
    metrics: Annotated[str, Meta(pattern=r"^(local|open|off)$", examples=["local"])] = "local"
    trusted_proxies: Annotated[tuple[str, ...], Meta(examples=[["127.0.0.1", "10.0.0.0/8"]])] = ()


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How often the API may be called (core/api/README.md)."""

    rate_limits: Annotated[str, Meta(pattern=r"^(auto|v2|off)$", examples=["v2"])] = "auto"
    rate_limits_url: Annotated[
        str, Meta(pattern=r"^$|^(redis|rediss|valkey|valkeys|unix)://\S+$", examples=["valkey://127.0.0.1:6379/0"])
    ] = ""
    relaxed_addresses: Annotated[tuple[str, ...], Meta(examples=[["192.0.2.0/24"]])] = ()
    prompt_timeouts: Annotated[bool, Meta(examples=[True])] = False


class DataSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the database, the pictures and the secret lie."""

    folder: Annotated[str, Meta(min_length=1, examples=["/var/lib/horde"])] = "horde-data"
    secret: Annotated[str, Meta(pattern=r"^$|^[0-9a-f]{64,}$", examples=["0123456789abcdef" * 4])] = ""
    database_url: Annotated[
        str,
        Meta(
            pattern=r"^$|^sqlite:///.+|^postgresql://.+",
            examples=["sqlite:////var/lib/horde/horde.db, or postgresql://user:password@host:5432/horde"],
        ),
    ] = ""
    database_connections: Annotated[int, Meta(ge=1, le=1_000, examples=[10])] = 10


class ObjectSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where pictures live: in the data folder, or in buckets of R2 or another S3 service (cdn/README.md)."""

    kind: Annotated[str, Meta(pattern=r"^(disk|s3)$", examples=["s3"])] = "disk"
    endpoint: Annotated[
        str, Meta(pattern=r"^$|^https?://[^/\s@]+$", examples=["https://ACCOUNT.r2.cloudflarestorage.com"])
    ] = ""
    region: Annotated[str, Meta(pattern=r"^[a-z0-9-]+$", examples=["auto"])] = "auto"
    bucket: Annotated[str, Meta(pattern=r"^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["horde-pictures"])] = ""
    private_bucket: Annotated[
        str, Meta(pattern=r"^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["horde-uploads"])
    ] = ""
    access_key_id: Annotated[str, Meta(pattern=r"^\S*$", examples=["0123456789abcdef0123456789abcdef"])] = ""
    secret_access_key: Annotated[str, Meta(pattern=r"^\S*$", examples=["the secret that came with the key id"])] = ""
    public_url: Annotated[
        str, Meta(pattern=r"^$|^https?://[^\s?#@]+$", examples=["https://pictures.horde.example.org"])
    ] = ""
    prefix: Annotated[
        str, Meta(pattern=r"^$|^([A-Za-z0-9][A-Za-z0-9_-]*/)+$", max_length=100, examples=["my-horde/"])
    ] = ""


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the queue orders and bounds the work (design: due times and leases)."""

    weight_s: Annotated[int, Meta(ge=1, le=86_400, examples=[300])] = 300
    weight_kudos: Annotated[int, Meta(ge=1, le=1_000_000_000, examples=[1000])] = 1000
    guest_handicap_kudos: Annotated[int, Meta(ge=0, le=1_000_000_000, examples=[500])] = 500
    lease_s: Annotated[int, Meta(ge=1, le=3600, examples=[20])] = 20
    request_ttl_s: Annotated[int, Meta(ge=4, le=604_800, examples=[1200])] = 1200
    waiting_max: Annotated[int, Meta(ge=1, le=1_000_000, examples=[30])] = 30
    waiting_max_anonymous: Annotated[int, Meta(ge=1, le=1_000_000, examples=[500])] = 500
    kept_days: Annotated[int, Meta(ge=7, le=36_500, examples=[30])] = 30


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a request that names no model gets, which names stand for another, and models' size limits."""

    default_models: Annotated[tuple[str, ...], Meta(min_length=1, examples=[[EMBEDDED_MODEL]])] = (EMBEDDED_MODEL,)
    aliases: Annotated[dict[str, str], Meta(examples=[{"stable_diffusion": EMBEDDED_MODEL}])] = msgspec.field(
        default_factory=lambda: {"stable_diffusion": EMBEDDED_MODEL}
    )
    sizes_px: Annotated[dict[str, Annotated[int, Meta(ge=64, le=3072)]], Meta(examples=[{EMBEDDED_MODEL: 1024}])] = (
        msgspec.field(default_factory=lambda: {EMBEDDED_MODEL: 1024})
    )
    baselines: Annotated[dict[str, str], Meta(examples=[{"AlbedoBase XL": "stable_diffusion_xl"}])] = msgspec.field(
        default_factory=dict
    )
    params_b: Annotated[dict[str, Annotated[float, Meta(gt=0, le=10_000)]], Meta(examples=[{"my-llama": 7.0}])] = (
        msgspec.field(default_factory=dict)
    )


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bundled worker that `horde up` starts beside itself."""

    enabled: Annotated[bool, Meta(examples=[True])] = True
    name: Annotated[str, Meta(min_length=3, max_length=100, examples=["bundled worker"])] = "bundled worker"
    model: Annotated[str, Meta(examples=["/models/my-checkpoint"])] = ""
    threads: Annotated[int, Meta(ge=0, le=256, examples=[2])] = 0


class CommonsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The local web timeline."""

    enabled: Annotated[bool, Meta(examples=[True])] = True
    posts_per_minute: Annotated[int, Meta(ge=1, le=100_000, examples=[20])] = 20
    bot_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{2,30}$", examples=["horde"])] = "horde"


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is logged and how."""

    level: Annotated[str, Meta(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", examples=["INFO"])] = "INFO"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, one section a room."""

    server: ServerSettings = ServerSettings()
    api: ApiSettings = ApiSettings()
    data: DataSettings = DataSettings()
    objects: ObjectSettings = ObjectSettings()
    queue: QueueSettings = QueueSettings()
    kudos: KudosSettings = KudosSettings()
    volunteers: VolunteerSettings = VolunteerSettings()
    models: ModelSettings = ModelSettings()
    worker: WorkerSettings = WorkerSettings()
    commons: CommonsSettings = CommonsSettings()
    reddit: RedditSettings = RedditSettings()
    mastodon: MastodonSettings = MastodonSettings()
    discord: DiscordSettings = DiscordSettings()
    bots: BotSettings = BotSettings()
    horde: HordeSettings = HordeSettings()
    log: LogSettings = LogSettings()

    @property
    def folder(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data.folder).expanduser().resolve()

    @property
    def database_url(self) -> str:
        """The database's URL; the file `horde.db` in the data folder unless one is set."""
        return self.data.database_url or f"sqlite:///{self.folder / 'horde.db'}"


def load_settings(
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Settings from `horde.toml`, then HORDE_SECTION_KEY variables, then `overrides` ("section.key" -> value).

    Raises:
        SettingsError: names every wrong, unknown or unreadable key at once, each with an example.
    """
    problems: list[str] = []
    given = dict(_from_file(file, problems))
    given |= _from_environment(os.environ if environ is None else environ, problems)
    given |= {key: ("command line", value) for key, value in (overrides or {}).items() if value is not None}
    known = dict(_leaves())
    sections: dict[str, dict[str, Any]] = {}
    for key, (source, value) in given.items():
        if key not in known:
            problems.append(f"{key} ({source}): there is no such setting. Known here: {_siblings(key, known)}.")
            continue
        try:
            converted = msgspec.convert(value, known[key], strict=source not in {"environment", "command line"})
        except msgspec.ValidationError as error:
            got = "a value that is not shown" if any(word in key for word in UNSHOWN) else repr(value)
            problems.append(f"{key} ({source}): {error}. Got {got}; an example: {_example(known[key])!r}.")
            continue
        section, _, leaf = key.partition(".")
        sections.setdefault(section, {})[leaf] = converted
    hints = get_type_hints(Settings)
    problems += _missing_for_s3(sections.get("objects", {}))
    problems += missing_for_horde(HordeSettings(**sections.get("horde", {})))
    if problems:
        raise SettingsError(problems)
    return Settings(**{section: hints[section](**values) for section, values in sections.items()})


def _missing_for_s3(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what buckets need besides what is given."""
    if given.get("kind") != "s3":
        return
    needed = ["bucket", "access_key_id", "secret_access_key"]
    if given.get("region", "auto") == "auto":
        needed.append("endpoint")  # without one it is AWS, which wants its region
    types = {leaf.name: leaf.type for leaf in msgspec.structs.fields(ObjectSettings)}
    for name in needed:
        if not given.get(name):
            also = " (or objects.region, for AWS)" if name == "endpoint" else ""
            source = " Best set it as HORDE_OBJECTS_SECRET_ACCESS_KEY." if name == "secret_access_key" else ""
            example = _example(types[name])
            yield f'objects.{name}{also}: is needed with objects.kind "s3". An example: {example!r}.{source}'


def _leaves() -> Iterator[tuple[str, Any]]:
    for section in msgspec.structs.fields(Settings):
        for leaf in msgspec.structs.fields(section.type):
            yield f"{section.name}.{leaf.name}", leaf.type


def _from_file(file: Path | None, problems: list[str]) -> Iterator[tuple[str, tuple[str, Any]]]:
    path = file or Path(FILE_NAME)
    if file is None and not path.exists():
        return
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path}: cannot be read as TOML ({error}).")
        return
    for section, keys in tables.items():
        if not isinstance(keys, dict):
            problems.append(f"{section} ({path}): belongs under a [section], such as [server].")
            continue
        for leaf, value in keys.items():
            yield f"{section}.{leaf}", (str(path), value)


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for key, kind in _leaves():
        name = ENV_PREFIX + key.replace(".", "_").upper()
        if name not in environ:
            continue
        text = environ[name]
        shape = get_origin(get_args(kind)[0])
        if shape is tuple:
            found[key] = ("environment", tuple(part.strip() for part in text.split(",")))
        elif shape is dict:
            pairs = [part.partition("=") for part in text.split(",") if part.strip()]
            if any(not equals for _, equals, _ in pairs):
                problems.append(f"{name}: is not a list of name=value pairs. An example: stable_diffusion=tiny-glyphs.")
                continue
            found[key] = ("environment", {left.strip(): right.strip() for left, _, right in pairs})
        else:
            found[key] = ("environment", text)
    return found


def _example(kind: Any) -> object:  # noqa: ANN401 - a type form has no type of its own in 3.11
    for constraint in getattr(kind, "__metadata__", ()):
        if isinstance(constraint, Meta) and constraint.examples:
            return constraint.examples[0]
    return "see config/README.md"


def _siblings(key: str, known: Mapping[str, Any]) -> str:
    section = key.partition(".")[0]
    near = [name for name in known if name.startswith(section + ".")]
    return ", ".join(near or sorted({name.partition(".")[0] for name in known}))
