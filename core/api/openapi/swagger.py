"""Swagger 2.0 from the same table, because workers that exist read the words they may use from it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from core.api.openapi.document import JSON, TITLE, openapi_of
from core.api.openapi.schemas import Schema
from core.api.operations import Operation

BASE_PATH: Final = "/api"
_KEPT: Final = frozenset(
    {
        "title", "description", "type", "format", "enum", "default", "required", "minimum", "maximum", "multipleOf",
        "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems",
    }
)  # fmt: skip


def swagger_of(operations: Iterable[Operation], *, version: str, public_url: str) -> Schema:
    """Return the description of what is under ``/api``, with the public definition names."""
    of_v2 = [operation for operation in operations if operation.path.startswith(f"{BASE_PATH}/")]
    described = openapi_of(of_v2, version=version, public_url=public_url)
    address = urlsplit(public_url)
    return {
        "swagger": "2.0",
        "basePath": BASE_PATH,
        "host": address.netloc,
        "schemes": [address.scheme],
        "info": described["info"] | {"title": f"AI {TITLE}"},
        "produces": [JSON],
        "consumes": [JSON],
        "securityDefinitions": {"apikey": described["components"]["securitySchemes"]["apikey"]},
        "tags": described["tags"],
        "paths": {
            path.removeprefix(BASE_PATH): {method: _operation(one) for method, one in methods.items()}
            for path, methods in described["paths"].items()
        },
        "definitions": {name: _schema(schema) for name, schema in described["components"]["schemas"].items()},
    }


def _operation(operation: Schema) -> Schema:
    kept: Schema = {
        name: operation[name]
        for name in ("operationId", "tags", "summary", "description", "security", "x-ours")
        if name in operation
    }
    kept["parameters"] = list(_parameters(operation))
    kept["responses"] = {status: _response(response) for status, response in operation["responses"].items()}
    produced = [kind for one in operation["responses"].values() for kind in one.get("content", ())]
    if any(kind != JSON for kind in produced):
        kept["produces"] = sorted(set(produced))
    return kept


def _parameters(operation: Schema) -> Iterator[Schema]:
    for parameter in operation["parameters"]:
        simple = _simple(parameter["schema"])
        kept = {name: parameter[name] for name in ("name", "in", "required", "description") if name in parameter}
        yield kept | {name: value for name, value in simple.items() if name not in {"title", "description"}}
    yield {"name": "X-Fields", "in": "header", "required": False, "type": "string", "description": "Fields to send."}
    body = operation.get("requestBody")
    if body is not None:
        yield {"name": "payload", "in": "body", "required": True, "schema": _schema(body["content"][JSON]["schema"])}


def _response(response: Schema) -> Schema:
    content: Mapping[str, Any] = response.get("content", {})
    kept = {"description": response["description"]}
    if JSON in content:
        return kept | {"schema": _schema(content[JSON]["schema"])}
    return kept | ({"schema": {"type": "string"}} if content else {})


def _simple(schema: Schema) -> Schema:
    """Return the schema of a parameter, which has a type in any case."""
    found = _schema(schema)
    return found if "type" in found else found | {"type": "string"}


def _schema(schema: Schema) -> Schema:
    """Return the schema in the words of Swagger 2.0: of several types the widest that it can say."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/definitions/")}
    if "anyOf" in schema:
        return _one_of(schema)
    found = {name: value for name, value in schema.items() if name in _KEPT}
    if not found.get("required", True):
        del found["required"]  # an empty one is not allowed here
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if "properties" in schema:
        found["properties"] = {name: _schema(inner) for name, inner in schema["properties"].items()}
    if schema.get("type") == "array":
        inner = schema.get("items")
        found["items"] = _schema(inner) if isinstance(inner, dict) else {"type": "string"}
    if isinstance(schema.get("additionalProperties"), dict):
        found["additionalProperties"] = _schema(schema["additionalProperties"])
    if "enum" in found and "type" not in found:
        found["type"] = "string"
    return found


def _one_of(schema: Schema) -> Schema:
    outer = {name: schema[name] for name in ("description",) if name in schema}  # a default may be of another type
    choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
    nullable = {"x-nullable": True} if len(choices) < len(schema["anyOf"]) else {}
    kinds = {choice.get("type") for choice in choices}
    if len(choices) == 1:
        return outer | _schema(choices[0]) | nullable if "$ref" not in choices[0] else _schema(choices[0])
    if kinds == {"integer", "number"}:
        return outer | {"type": "number"} | nullable
    if "string" in kinds and kinds <= {"string", "integer", "number"}:
        return outer | {"type": "string"} | nullable
    first = next((choice for choice in choices if "$ref" not in choice), choices[0])
    return outer | _schema(first) | nullable
