"""The worker's settings as types: what every key may hold, what it means and an example of it."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Px = Annotated[int, Meta(ge=8, le=8192)]
Short = Annotated[str, Meta(min_length=1, max_length=255)]


class ModelEntry(Struct, frozen=True, kw_only=True):
    """One model that the worker offers: its name in the horde, where it lies and what sizes it makes well."""

    name: Short
    model: Short
    native_px: Px
    px_max: Px
    direct_px: Px
    baseline: str = ""
    cfg_scale_max: float | None = None
    default_steps: int = 20
    default_cfg: float = 5.0
    default_sampler: str = "k_euler"


class ModelCard(Struct, kw_only=True):
    """A model as a folder's `horde.json` describes it; what is unset is found out, what is unknown is passed over."""

    name: Short | UnsetType = UNSET
    model: Short | UnsetType = UNSET
    native_px: Px | UnsetType = UNSET
    px_max: Px | UnsetType = UNSET
    direct_px: Px | UnsetType = UNSET
    baseline: str | UnsetType = UNSET
    cfg_scale_max: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    default_steps: Annotated[int, Meta(ge=1, le=500)] | UnsetType = UNSET
    default_cfg: Annotated[float, Meta(ge=0, le=100)] | UnsetType = UNSET
    default_sampler: Short | UnsetType = UNSET


class WrittenModel(ModelCard, kw_only=True, forbid_unknown_fields=True):
    """A model as it is written in the settings, where an unknown key is a mistake."""


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of one worker, validated."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    key: Annotated[str, Meta(min_length=1, pattern=r"^\S+$")]
    name: Annotated[str, Meta(min_length=3, max_length=100)]
    models: tuple[ModelEntry, ...]
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    device: Annotated[str, Meta(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    nsfw_threshold: Annotated[float, Meta(ge=0, le=1)] = 0.8
    allow_nsfw: bool = False
    prefetch: Annotated[int, Meta(ge=0, le=4)] = 1
    models_in_memory: Annotated[int, Meta(ge=1, le=64)] = 2
    wait_s: Annotated[int, Meta(ge=1, le=60)] = 20
    webp_quality: Annotated[int, Meta(ge=1, le=100)] = 90
    blacklist: tuple[str, ...] = ()
    priority_usernames: tuple[str, ...] = ()
    require_upfront_kudos: bool = False
    pilot: bool = True
    once: bool = False
    log_format: Literal["text", "json"] = "text"


class Documented(Struct, frozen=True):
    """A key's meaning for the help text and an example for the error that names it."""

    meaning: str
    example: str


KEYS: dict[str, Documented] = {
    "url": Documented("address of the horde", "https://horde.example.org"),
    "key": Documented("API key of the account that earns the kudos", "the key that `horde account create` prints"),
    "name": Documented("the worker's name, unique in the horde, 3 to 100 characters", "attic-gpu"),
    "models": Documented("what to draw with: folders or hub ids, NAME=FOLDER gives it another name", "models/my-sd15"),
    "threads": Documented("CPU threads of torch, 0 chooses by the model", "4"),
    "device": Documented("where the pipeline runs: auto, cuda, cuda:1, mps or cpu", "auto"),
    "dtype": Documented("number format: auto, float32, float16 or bfloat16", "auto"),
    "nsfw_threshold": Documented("from this score (0 to 1) on a picture counts as not safe for work", "0.8"),
    "allow_nsfw": Documented("take requests that are marked as not safe for work", "false"),
    "prefetch": Documented("jobs to hold ready beside the one that is being drawn", "1"),
    "models_in_memory": Documented("how many models stay loaded at once", "2"),
    "wait_s": Documented("seconds that a pop may be held open by the horde", "20"),
    "webp_quality": Documented("quality of the pictures, 1 to 100", "90"),
    "blacklist": Documented("words whose requests this worker never gets, by comma", "spider,needle"),
    "priority_usernames": Documented("people who are served first, by comma", "ada#7,bob#12"),
    "require_upfront_kudos": Documented("take only requests whose kudos are there beforehand", "false"),
    "pilot": Documented("draw a tiny picture at the start, to measure and to fail early", "true"),
    "once": Documented("stop after one job", "false"),
    "log_format": Documented("log lines as text or as json", "text"),
}
