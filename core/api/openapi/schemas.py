"""The messages' schemas, from the very types that read and write them."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, get_args, get_origin, get_type_hints

import msgspec

from core.api.operations import Media, Operation, Tag
from core.wire import Rc
from core.wire.openai import OpenAIError
from core.wire.people import RequestError, RequestValidationError

Schema: TypeAlias = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{name}"


def schemas_of(operations: Iterable[Operation]) -> dict[str, Schema]:
    """Return the schema of each message that an operation takes or sends, and of what these extend, by its name."""
    table = tuple(operations)
    named = dict.fromkeys(
        struct
        for operation in table
        for kind in (operation.body, operation.streamed, *operation.replies.values())
        for struct in _structs_in(kind)
    )
    bases: dict[type[msgspec.Struct], None] = {}
    left: list[type[msgspec.Struct]] = [*named, RequestError, RequestValidationError]
    if any(operation.tag is Tag.OPENAI for operation in table):
        left.append(OpenAIError)
    while left:
        struct = left.pop()
        if struct in bases:
            continue
        bases[struct] = None
        left += [base for base in struct.__mro__[1:] if issubclass(base, msgspec.Struct) and base is not msgspec.Struct]
        left += [inner for hint in get_type_hints(struct).values() for inner in _structs_in(hint)]
    _, made = msgspec.json.schema_components(tuple(bases), ref_template=REFERENCE)
    components: dict[str, Schema] = msgspec.json.decode(msgspec.json.encode(made))  # its tuples become arrays
    components["RequestError"]["properties"]["rc"] = {"type": "string", "enum": sorted(Rc)}
    components["RequestValidationError"]["properties"]["rc"] = {"type": "string", "enum": sorted(Rc)}
    return dict(sorted(components.items()))


def schema_of(kind: object) -> Schema:
    """Return the schema of a message's type as a reference, or as an array of references."""
    if get_origin(kind) in {list, tuple}:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {"$ref": REFERENCE.format(name=kind.__name__)}
    return _inline(kind)


def parameters_in(struct: type[msgspec.Struct] | None) -> Iterator[tuple[str, Schema, bool]]:
    """Yield each field of a query or of headers: its name, its schema and whether it is needed."""
    if struct is None:
        return
    schema = msgspec.json.schema_components((struct,), ref_template=REFERENCE)[1][struct.__name__]
    for name, field in schema["properties"].items():
        told = {word: value for word, value in field.items() if word != "default" or value not in ("", None)}
        yield name, msgspec.json.decode(msgspec.json.encode(told)), name in schema.get("required", ())


def _inline(kind: object) -> Schema:
    (schema,), _ = msgspec.json.schema_components((kind,), ref_template=REFERENCE)
    return schema


def _structs_in(kind: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, Media):
        yield from kind.messages
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    else:
        for part in get_args(kind):
            yield from _structs_in(part)
