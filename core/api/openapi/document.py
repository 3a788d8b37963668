"""OpenAPI 3.1 from the table of operations."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.api.openapi.refusals import NAMES_IN_PATH, SENTENCES, refusals_of
from core.api.openapi.schemas import Schema, parameters_in, schema_of, schemas_of
from core.api.operations import Caller, Media, Operation, Tag

TITLE: Final = "Horde"
JSON: Final = "application/json"
DESCRIPTION: Final = (
    "The AI Horde API v2 and routes of our own. Every error is JSON with a `message` that says what is wrong and what "
    "to do, and mostly an `rc` for programs. Any reply can be cut down to some fields with the header `X-Fields`, such "
    "as `{id,kudos}`."
)
EVENTS: Final = "text/event-stream"
_SHAPES: Final[Mapping[str, Schema]] = {JSON: {"type": "object"}, EVENTS: {}}
"""OpenAPI 3.1 has no words for a stream of events; a claim about the whole would be taken for one about each."""
_PATH_NAMES: Final = {
    "id": "The id that the thing was given when it was made.",
    "name": "Its name.",
}


def openapi_of(operations: Iterable[Operation], *, version: str, public_url: str) -> Schema:
    """Return the whole description."""
    table = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        path = NAMES_IN_PATH.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    used = {operation.tag for operation in table}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version, "description": DESCRIPTION},
        "servers": [{"url": public_url}],
        "tags": [{"name": tag.value} for tag in Tag if tag in used],
        "paths": paths,
        "components": {
            "schemas": schemas_of(table),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The same key, as OpenAI's clients send it.",
                },
                "apikey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "apikey",
                    "description": "An account's API key; `0000000000` is everyone's who has none.",
                },
            },
        },
    }


def _operation(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag.value],
        "summary": operation.summary,
        "description": description_of(operation),
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.caller is not Caller.ANYBODY:
        optional: list[dict[str, list[str]]] = [{}] if operation.caller is Caller.PERHAPS_KNOWN else []
        described["security"] = [*([{"bearer": []}] if operation.tag is Tag.OPENAI else []), {"apikey": []}, *optional]
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of(operation.body)}}}
    if operation.ours:
        described["x-ours"] = True
    return described


def description_of(operation: Operation) -> str:
    """Return what the handler's own first sentence says, and how often the operation may be called."""
    said = " ".join((operation.handler.__doc__ or operation.summary).split("\n\n")[0].split())
    parts = [said]
    if operation.ours:
        parts.append("Ours: the public AI Horde has no such route.")
    if operation.limits:
        times = ", ".join(f"{limit.times} a {limit.per} by {limit.by}" for limit in operation.limits)
        parts.append(f"Where calls are limited: {times}.")
    return " ".join(parts)


def _parameters(operation: Operation) -> list[Schema]:
    at = {name: schema for name, schema, _ in parameters_in(operation.at)}
    found: list[Schema] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_NAMES.get(name, "A part of the address."),
            "schema": at.get(name, {"type": "string", "minLength": 1}),
        }
        for name in NAMES_IN_PATH.findall(operation.path)
    ]
    for place, struct in (("query", operation.query), ("header", operation.headers)):
        for name, schema, needed in parameters_in(struct):
            found.append({"name": name, "in": place, "required": needed, "schema": schema})
    if operation.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "A new one for each new thing: what is sent again with the same one is done once.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _responses(operation: Operation) -> dict[str, Schema]:
    responses = {str(status): _success(operation, kind) for status, kind in operation.replies.items()}
    for status, codes in refusals_of(operation).items():
        named = f" Codes: {', '.join(codes)}." if codes else ""
        responses[str(status)] = {
            "description": f"{SENTENCES.get(status, 'Refused.')}{named}",
            "content": {JSON: {"schema": _error(operation, status)}},
        }
    return responses


def _success(operation: Operation, kind: object) -> Schema:
    if kind is None:
        return {"description": f"{operation.summary}: done; nothing more to say."}
    if isinstance(kind, Media):
        return {
            "description": kind.about,
            "content": {kind.content_type: {"schema": _SHAPES.get(kind.content_type, {"type": "string"})}},
        }
    content: Schema = {JSON: {"schema": schema_of(kind)}}
    if operation.streamed is not None:
        content[operation.streamed.content_type] = {"schema": _SHAPES[EVENTS]}
    return {"description": f"{operation.summary}.", "content": content}


def _error(operation: Operation, status: int) -> Mapping[str, object]:
    if operation.tag is Tag.OPENAI:
        return {"$ref": "#/components/schemas/OpenAIError"}
    plain = {"$ref": "#/components/schemas/RequestError"}
    if status != 400:
        return plain
    return {"anyOf": [{"$ref": "#/components/schemas/RequestValidationError"}, plain]}
