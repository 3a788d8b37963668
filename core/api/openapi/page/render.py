"""The page's HTML from the description: everything is in the file, and nothing is fetched from anywhere."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.api.openapi.refusals import SENTENCES, refusals_of
from core.api.operations import Caller, Operation, Operations, Tag

_ROOM: Final = Path(__file__).parent
_STYLE: Final = (_ROOM / "style.css").read_text(encoding="utf-8")
_SCRIPT: Final = (_ROOM / "script.js").read_text(encoding="utf-8")
_CODE: Final = re.compile(r"`+([^`]+)`+")
_WHO: Final = {
    Caller.ANYBODY: "no key needed",
    Caller.PERHAPS_KNOWN: "a key shows more",
    Caller.ACCOUNT: "needs a key",
    Caller.MODERATOR: "for moderators",
}


def _hash_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_hash_of(_STYLE)}'; script-src 'sha256-{_hash_of(_SCRIPT)}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy under which the page works: its own style and script, no host at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row of a table of fields. link: the message that it holds, empty where it holds none."""

    name: str
    type: str
    link: str
    needed: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One operation as the page shows it."""

    operation: Operation
    who: str
    described: Mapping[str, Any]
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[int, str, str], ...]
    refusals: tuple[tuple[int, str, tuple[str, ...]], ...]
    curl: str


def render(document: Mapping[str, Any], operations: Operations) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(_ROOM), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    base = document["servers"][0]["url"]
    environment.filters["prose"] = _prose
    shown = [_shown(operation, document, base) for operation in operations]
    return environment.get_template("reference.html").render(
        info=document["info"],
        base=base,
        chapters=[
            (tag.value, [one for one in shown if one.operation.tag is tag])
            for tag in Tag
            if any(one.operation.tag is tag for one in shown)
        ],
        messages=[
            (name, schema.get("description", ""), tuple(_fields(schema)))
            for name, schema in document["components"]["schemas"].items()
        ],
        style=Markup(_STYLE),  # noqa: S704 -- our own file
        script=Markup(_SCRIPT),  # noqa: S704 -- our own file
    )


def _prose(text: str) -> Markup:
    """Return the text escaped, with what stands between backticks as code."""
    parts = _CODE.split(text)
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _shown(operation: Operation, document: Mapping[str, Any], base: str) -> Shown:
    path = next(path for path, methods in document["paths"].items() if _is(operation, methods))
    described = document["paths"][path][operation.method.lower()]
    body = _link_of(described["requestBody"]["content"]["application/json"]["schema"]) if operation.body else ""
    return Shown(
        operation=operation,
        who=_WHO[operation.caller],
        described=described,
        parameters=tuple(
            Field(
                name=one["name"],
                type=f"{_type_of(one['schema'])}, in the {one['in']}",
                link="",
                needed=one["required"],
                about=one.get("description", ""),
            )
            for one in described["parameters"]
        ),
        body=body,
        answers=tuple(
            (status, described["responses"][str(status)]["description"], _answer_link(described, status))
            for status in operation.replies
        ),
        refusals=tuple(
            (status, SENTENCES.get(status, "Refused."), tuple(codes))
            for status, codes in refusals_of(operation).items()
        ),
        curl=_curl(operation, path, base, document["components"]["schemas"].get(body)),
    )


def _is(operation: Operation, methods: Mapping[str, Any]) -> bool:
    described = methods.get(operation.method.lower())
    return described is not None and described["operationId"] == operation.id


def _answer_link(described: Mapping[str, Any], status: int) -> str:
    content = described["responses"][str(status)].get("content", {})
    return next((_link_of(one["schema"]) for one in content.values()), "")


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    for name, inner in schema.get("properties", {}).items():
        yield Field(
            name=name,
            type=_type_of(inner),
            link=_link_of(inner),
            needed=name in schema.get("required", ()),
            about=_limits_of(inner),
        )


def _link_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the message that the schema holds, by itself or in a list."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for inner in (*schema.get("anyOf", ()), schema.get("items")):
        if isinstance(inner, Mapping) and (found := _link_of(inner)):
            return found
    return ""


def _type_of(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "object"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type_of(inner) for inner in schema["anyOf"]))
    if schema.get("type") == "array":
        items = schema.get("items")
        return f"list of {_type_of(items)}" if isinstance(items, Mapping) else "list"
    if "enum" in schema:
        return "word"
    return str(schema.get("type", "anything"))


def _limits_of(schema: Mapping[str, Any]) -> str:
    """Return what a value must be, in words."""
    said = []
    words = schema.get("enum") or (schema.get("items") or {}).get("enum", ()) if _has_words(schema) else ()
    if words:
        said.append(", ".join(map(str, words)))
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None or most is not None:
        said.append(f"{'' if least is None else least} to {'' if most is None else most}".strip())
    if "multipleOf" in schema:
        said.append(f"a multiple of {schema['multipleOf']}")
    for low, high, unit in (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "entries")):
        if low in schema or high in schema:
            said.append(f"{schema.get(low, 0)} to {schema.get(high, 'any number of')} {unit}")
    if schema.get("default") not in (None, [], {}, ""):
        said.append(f"else {msgspec.json.encode(schema['default']).decode()}")
    return "; ".join(said)


def _has_words(schema: Mapping[str, Any]) -> bool:
    return "enum" in schema or isinstance(schema.get("items"), Mapping)


def _curl(operation: Operation, path: str, base: str, body: Mapping[str, Any] | None) -> str:
    method = "" if operation.method in {"GET", "POST"} else f" -X {operation.method}"
    lines = [f"curl -s{method} '{base}{path}'"]
    if operation.caller is not Caller.ANYBODY:
        lines.append("-H 'apikey: 0000000000'")
    if body is not None:
        needed = {name: _example(body["properties"][name]) for name in body.get("required", ())}
        lines += ["-H 'Content-Type: application/json'", f"-d '{msgspec.json.encode(needed).decode()}'"]
    return " \\\n     ".join(lines)


def _example(schema: Mapping[str, Any]) -> object:
    if "anyOf" in schema:
        return _example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return []
        case "string":
            return "..."
        case _:
            return {}
