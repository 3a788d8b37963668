"""Styles and collections."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import CfgScale, ClipSkip, Fraction, PostProcessors, Sampler, Side, Steps, Strength, Workflow
from core.wire.requests import (
    ModelPayloadLorasStable,
    ModelPayloadTextualInversionsStable,
    RequestSingleWarning,
)
from core.wire.text import ModelPayloadStyleKobold

Name = Annotated[str, Meta(min_length=1, max_length=100)]
About = Annotated[str, Meta(min_length=10, max_length=1_000)]
ChangedAbout = Annotated[str, Meta(min_length=1, max_length=1_000)]
ImageTemplate = Annotated[str, Meta(min_length=7, max_length=7_500, examples=["{p}, oil on canvas ### {np}, blurry"])]
TextTemplate = Annotated[str, Meta(min_length=3, max_length=7_500, examples=["Answer briefly: {p}"])]
Tag = Annotated[str, Meta(min_length=1, max_length=25)]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=10)]
StyleModel = Annotated[str, Meta(min_length=1, max_length=255)]
StyleModels = Annotated[tuple[StyleModel, ...], Meta(max_length=5)]
KeyId = Annotated[str, Meta(min_length=36, max_length=36)]
Page = Annotated[int, Meta(ge=1, le=10_000)]
StyleReference = Annotated[str, Meta(min_length=1, max_length=255)]
References = Annotated[tuple[StyleReference, ...], Meta(max_length=100)]
Url = Annotated[str, Meta(min_length=10, max_length=1_024, examples=["https://example.org/heart.webp"])]


class ModelStyleInputParamsStable(msgspec.Struct, kw_only=True, frozen=True):
    """The `params` that a style of pictures sets. What is left out is the order's own, or the horde's default."""

    sampler_name: Sampler | UnsetType = UNSET
    cfg_scale: CfgScale | UnsetType = UNSET
    denoising_strength: Strength | UnsetType = UNSET
    hires_fix_denoising_strength: Strength | UnsetType = UNSET
    height: Side | UnsetType = UNSET
    width: Side | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    post_processing: PostProcessors | UnsetType = UNSET
    karras: bool | UnsetType = UNSET
    tiling: bool | UnsetType = UNSET
    hires_fix: bool | UnsetType = UNSET
    clip_skip: ClipSkip | UnsetType = UNSET
    facefixer_strength: Fraction | UnsetType = UNSET
    loras: Annotated[tuple[ModelPayloadLorasStable, ...], Meta(max_length=5)] | UnsetType = UNSET
    tis: Annotated[tuple[ModelPayloadTextualInversionsStable, ...], Meta(max_length=20)] | UnsetType = UNSET
    special: dict[str, Any] | UnsetType = UNSET
    workflow: Workflow | UnsetType = UNSET
    transparent: bool | UnsetType = UNSET


class ModelStyleInputParamsKobold(ModelPayloadStyleKobold, kw_only=True, frozen=True):
    """The `params` that a style of texts sets."""


class ModelStyleInputStable(msgspec.Struct, kw_only=True, frozen=True):
    """POST /styles/image: a new style. Its `prompt` holds `{p}` and `{np}`. One to five `models`."""

    name: Name
    info: About | UnsetType = UNSET
    prompt: ImageTemplate = "{p}{np}"
    params: ModelStyleInputParamsStable = msgspec.field(default_factory=ModelStyleInputParamsStable)
    public: bool = True
    nsfw: bool = False
    tags: Tags = ()
    models: StyleModels = ()
    sharedkey: KeyId | UnsetType = UNSET


class ModelStyleInputKobold(msgspec.Struct, kw_only=True, frozen=True):
    """POST /styles/text: a new style. Its `prompt` holds `{p}`. One to five `models`."""

    name: Name
    info: About | UnsetType = UNSET
    prompt: TextTemplate = "{p}"
    params: ModelStyleInputParamsKobold = msgspec.field(default_factory=ModelStyleInputParamsKobold)
    public: bool = True
    nsfw: bool = False
    tags: Tags = ()
    models: StyleModels = ()


class ModelStylePatchStable(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH /styles/image/{id}: what is left out stays as it is."""

    name: Name | UnsetType = UNSET
    info: ChangedAbout | UnsetType = UNSET
    prompt: ImageTemplate | UnsetType = UNSET
    params: ModelStyleInputParamsStable | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    nsfw: bool | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    models: StyleModels | UnsetType = UNSET
    sharedkey: KeyId | UnsetType = UNSET


class ModelStylePatchKobold(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH /styles/text/{id}: what is left out stays as it is."""

    name: Name | UnsetType = UNSET
    info: ChangedAbout | UnsetType = UNSET
    prompt: TextTemplate | UnsetType = UNSET
    params: ModelStyleInputParamsKobold | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    nsfw: bool | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    models: StyleModels | UnsetType = UNSET


class InputStyleExamplePost(msgspec.Struct, kw_only=True, frozen=True):
    """POST …/example: a picture that the style made, at an https address."""

    url: Url
    primary: bool = False


class InputStyleExamplePatch(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH …/example/{id}: what is left out stays as it is."""

    url: Url | UnsetType = UNSET
    primary: bool | UnsetType = UNSET


class StyleExample(msgspec.Struct, kw_only=True, frozen=True):
    """An example of a style."""

    id: str
    url: str
    primary: bool


class StyleStable(msgspec.Struct, kw_only=True, frozen=True):
    """A style of pictures. `sharedkey` is shown to its owner and to moderators alone."""

    id: str
    name: str
    info: str
    prompt: str
    params: ModelStyleInputParamsStable
    public: bool
    nsfw: bool
    tags: tuple[str, ...]
    models: tuple[str, ...]
    use_count: int
    creator: str
    examples: tuple[StyleExample, ...] = ()
    sharedkey: str | UnsetType = UNSET


class StyleKobold(msgspec.Struct, kw_only=True, frozen=True):
    """A style of texts."""

    id: str
    name: str
    info: str
    prompt: str
    params: ModelStyleInputParamsKobold
    public: bool
    nsfw: bool
    tags: tuple[str, ...]
    models: tuple[str, ...]
    use_count: int
    creator: str


class StyleModify(msgspec.Struct, kw_only=True, frozen=True):
    """What was made or changed."""

    id: str
    message: str = "OK"
    warnings: tuple[RequestSingleWarning, ...] | UnsetType = UNSET


class StylesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which page of the styles: 25 each, from 1."""

    sort: Literal["popular", "age"] = "popular"
    page: Page = 1
    tag: Tag | UnsetType = UNSET
    model: StyleModel | UnsetType = UNSET


class CollectionsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which page of the collections: 25 each, from 1."""

    sort: Literal["popular", "age"] = "popular"
    page: Page = 1
    type: Literal["all", "image", "text"] = "all"


class InputModelCollection(msgspec.Struct, kw_only=True, frozen=True):
    """POST /collections: styles of one kind, each by its id or by `owner#id::style::name`."""

    name: Name
    styles: References
    info: ChangedAbout | UnsetType = UNSET
    public: bool = True


class PatchModelCollection(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH /collections/{id}: what is left out stays as it is."""

    name: Name | UnsetType = UNSET
    info: ChangedAbout | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    styles: References | UnsetType = UNSET


class ResponseModelStylesShort(msgspec.Struct, kw_only=True, frozen=True):
    """A style in a collection."""

    name: str
    id: str


class ResponseModelCollection(msgspec.Struct, kw_only=True, frozen=True):
    """A collection."""

    id: str
    name: str
    type: Literal["image", "text"]
    info: str
    public: bool
    styles: tuple[ResponseModelStylesShort, ...]
    use_count: int
    creator: str
