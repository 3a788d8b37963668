"""Published styles: a template with its models and parameters, that others name instead of writing it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NewType

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.styles import NEGATIVE_MARK, faults_of_template, render

StyleId = NewType("StyleId", str)

NAME_CHARS_MAX: Final = 100
ABOUT_CHARS_MAX: Final = 1_000
TEMPLATE_CHARS_MAX: Final = 7_500
TAGS_MAX: Final = 10
TAG_CHARS_MAX: Final = 25
MODELS_MAX: Final = 5
MODEL_CHARS_MAX: Final = 255
EXAMPLES_MAX: Final = 4
URL_CHARS_MAX: Final = 1_024
STYLE_MARK: Final = "::style::"
KINDS: Final = (Kind.IMAGE, Kind.TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A picture that a style made, at an https address. primary: the one to be shown first."""

    id: str
    url: str
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStyle:
    """A style as its owner published it.

    template: holds ``{p}``, that of a picture ``{np}`` too. params: v2's names, already within their limits. public:
    it is listed; whoever knows the id or the name of another may use it all the same. shared_key_id: whose budget pays
    for those who use it. uses: how often it was used.
    """

    id: StyleId
    kind: Kind
    account_id: AccountId
    owner: str
    name: str
    about: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    public: bool = True
    nsfw: bool = False
    shared_key_id: str | None = None
    uses: int = 0
    made_at_ms: int = 0

    @property
    def handle(self) -> str:
        """The style as others may name it: ``owner#id::style::name``."""
        return f"{self.owner}#{self.account_id}{STYLE_MARK}{self.name}"

    def fill(self, prompt: str, *, seed: int) -> str:
        """Return the prompt with a person's words in the template; they are never read as part of it.

        A picture's words are parted at the first ``###``; a text's go in as they are. seed: chooses among the
        alternatives of a picture's template.
        """
        if self.kind is Kind.TEXT:
            before, _, after = self.template.partition("{p}")
            return f"{before}{prompt}{after}"
        wanted, _, unwanted = prompt.partition(NEGATIVE_MARK)
        return render(self.template, prompt=wanted, negative=unwanted, seed=seed)


def checked_style(style: PublishedStyle) -> PublishedStyle:
    """Return the style, tags without doubles and in lower case; raises ``InvalidRequest`` with the limit it breaks."""
    check_name(style.name, what="style")
    check_about(style.about)
    _check_template(style)
    tags = tuple(dict.fromkeys(" ".join(tag.casefold().split()) for tag in style.tags if tag.strip()))
    models = tuple(dict.fromkeys(style.models))
    _check_count("tags", len(tags), least=0, most=TAGS_MAX)
    _check_count("models", len(models), least=1, most=MODELS_MAX)
    for field_name, words, most in (("tags", tags, TAG_CHARS_MAX), ("models", models, MODEL_CHARS_MAX)):
        for word in words:
            if not 1 <= len(word) <= most or not word.isprintable():
                message = f"{word[:40]!r} in {field_name} is none: give 1 to {most} printable characters."
                raise InvalidRequest(message, field=field_name, limit=most, value=len(word))
    return PublishedStyle(
        id=style.id,
        kind=style.kind,
        account_id=style.account_id,
        owner=style.owner,
        name=style.name,
        about=style.about,
        template=style.template,
        params=style.params,
        models=models,
        tags=tags,
        examples=style.examples,
        public=style.public,
        nsfw=style.nsfw,
        shared_key_id=style.shared_key_id,
        uses=style.uses,
        made_at_ms=style.made_at_ms,
    )


def check_name(name: str, *, what: str) -> None:
    """Return if a style or collection can have this name, else raise ``InvalidRequest``."""
    if not 1 <= len(name) <= NAME_CHARS_MAX or not name.isprintable() or name != name.strip() or "::" in name:
        message = (
            f"The name {name[:40]!r} cannot be a {what}'s: take 1 to {NAME_CHARS_MAX} printable characters, "
            "without blanks at its ends and without '::'."
        )
        raise InvalidRequest(message, field="name", limit=NAME_CHARS_MAX, value=len(name))


def check_about(about: str) -> None:
    """Return if something published may say this of itself, else raise ``InvalidRequest``."""
    if len(about) > ABOUT_CHARS_MAX:
        message = f"info has {len(about)} characters; {ABOUT_CHARS_MAX} are kept. Shorten it."
        raise InvalidRequest(message, field="info", limit=ABOUT_CHARS_MAX, value=len(about))


def check_example(url: str) -> None:
    """Return if an example may lie at this address, else raise ``InvalidRequest``."""
    if not url.startswith("https://") or len(url) > URL_CHARS_MAX or not url.isascii() or " " in url:
        message = f"An example is an https address of at most {URL_CHARS_MAX} characters, but this is {url[:60]!r}."
        raise InvalidRequest(message, field="url", limit=URL_CHARS_MAX, value=len(url))


def _check_template(style: PublishedStyle) -> None:
    template = style.template
    needed = ("{p}", "{np}") if style.kind is Kind.IMAGE else ("{p}",)
    missing = [place for place in needed if place not in template]
    if missing:
        message = f"The prompt of a style must hold {' and '.join(needed)}; {missing[0]} is missing. Add it."
        raise InvalidRequest(message, field="prompt", code="StylePromptMissingVars")
    if len(template) > TEMPLATE_CHARS_MAX:
        message = f"The prompt of a style has {len(template)} characters; {TEMPLATE_CHARS_MAX} are taken. Shorten it."
        raise InvalidRequest(message, field="prompt", limit=TEMPLATE_CHARS_MAX, value=len(template))
    faults = faults_of_template(template) if style.kind is Kind.IMAGE else ()
    if faults:
        raise InvalidRequest(f"The prompt of this style {faults[0]}. Correct it.", field="prompt")


def _check_count(field_name: str, count: int, *, least: int, most: int) -> None:
    if not least <= count <= most:
        message = f"There are {count} {field_name}; a style has {least} to {most} of them."
        raise InvalidRequest(message, field=field_name, limit=most, value=count)
