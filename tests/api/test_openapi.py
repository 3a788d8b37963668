"""The API's description of itself: valid, whole, and the words that workers read from it."""

import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from core.api.app import operations
from core.api.openapi.page.render import POLICY
from core.api.openapi.refusals import refusals_of
from core.api.operations import Operation
from core.domain import errors
from core.wire import Rc
from tests.api.scene import Horde

ROOT = Path(__file__).parents[2]


async def openapi(horde: Horde) -> Any:
    return (await horde.call("GET", "/api/openapi.json")).body


async def swagger(horde: Horde) -> Any:
    return (await horde.call("GET", "/api/swagger.json")).body


async def test_the_documents_are_valid(horde: Horde) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(await openapi(horde)).iter_errors()] == []
    assert [str(error) for error in OpenAPIV2SpecValidator(await swagger(horde)).iter_errors()] == []


async def test_every_route_is_described_and_nothing_else(horde: Horde) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in horde.server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(("/api", "/v1"))
        if route.method not in {"HEAD", "OPTIONS"}
    }
    described = {
        (method.upper(), path) for path, methods in (await openapi(horde))["paths"].items() for method in methods
    }
    assert described == {(method, re.sub(r"{(\w+):[^}]*}", r"{\1}", path)) for method, path in served}


def test_every_operation_has_its_own_name_and_says_what_it_is() -> None:
    table = operations()
    names = [operation.id for operation in table]
    assert len(names) == len(set(names))
    for operation in table:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", operation.id), operation.id
        assert operation.summary
        assert not operation.summary.endswith(".")
        assert operation.handler.__doc__, operation.id
        assert operation.replies, operation.id


def test_every_code_that_is_raised_is_known() -> None:
    """A client branches on the codes: each that an error carries is in the list that the descriptions show."""
    known = set(Rc)
    raised = {error.code for error in _tree(errors.HordeError) if error is not errors.HordeError}
    for room in ("domain", "services", "store", "api"):
        for path in (ROOT / "core" / room).rglob("*.py"):
            raised |= set(re.findall(r"(?<!Warning\()\bcode=\"([A-Za-z.]+)\"", path.read_text(encoding="utf-8")))
    assert raised <= known, sorted(raised - known)


def _tree(root: type[errors.HordeError]) -> list[type[errors.HordeError]]:
    """Return the errors of the engine; those of other rooms never reach the API."""
    children = (child for child in root.__subclasses__() if child.__module__.startswith("core."))
    return [root, *(found for child in children for found in _tree(child))]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.id)
def test_every_refusal_that_follows_from_what_an_operation_is_is_there(operation: Operation) -> None:
    refusals = refusals_of(operation)
    assert all(isinstance(code, Rc) for codes in refusals.values() for code in codes)
    assert (413 in refusals) == (operation.body is not None)
    assert 503 in refusals
    if operation.limits:
        assert 429 in refusals


async def test_r15_workers_read_the_words_they_may_use(horde: Horde) -> None:
    definitions = (await swagger(horde))["definitions"]
    forms = definitions["ModelInterrogationFormStable"]["properties"]["name"]["enum"]
    assert {"caption", "RealESRGAN_x4plus", "strip_background", "vectorize"} <= set(forms)
    assert len(forms) == 7 + 16
    assert "aesthetic_score" in definitions["GenerationMetadataStable"]["properties"]["type"]["enum"]
    assert "allow_lora" in definitions["PopInputStable"]["properties"]
    assert "CorruptPrompt" in definitions["RequestError"]["properties"]["rc"]["enum"]


async def test_the_public_names_of_the_messages(horde: Horde) -> None:
    document = await swagger(horde)
    assert (document["swagger"], document["basePath"]) == ("2.0", "/api")
    assert "/v2/generate/async" in document["paths"]
    assert {
        "GenerationInputStable", "ModelGenerationInputStable", "GenerationInputKobold", "RequestAsync", "RequestError",
        "RequestStatusCheck", "RequestStatusStable", "RequestStatusKobold", "GenerationStable", "GenerationKobold",
        "PopInputStable", "PopInputKobold", "GenerationPayloadStable", "GenerationPayloadKobold", "SubmitInputStable",
        "SubmitInputKobold", "GenerationSubmitted", "ModelInterrogationInputStable", "InterrogationStatus",
        "InterrogationPopInput", "InterrogationPopPayload", "NoValidRequestFound", "NoValidRequestFoundStable",
        "NoValidRequestFoundKobold", "ModelPayloadLorasStable", "ModelPayloadTextualInversionsStable",
        "ModelPayloadStable", "ModelPayloadKobold", "ExtraSourceImage", "ExtraText", "RequestSingleWarning",
        "UserDetails", "ActiveModel", "HordePerformance", "RequestValidationError",
    } <= set(document["definitions"])  # fmt: skip


async def test_limits_and_defaults_are_those_that_are_applied(horde: Horde) -> None:
    params = (await openapi(horde))["components"]["schemas"]["ModelGenerationInputStable"]["properties"]
    assert params["width"] == {"type": "integer", "minimum": 64, "maximum": 3072, "multipleOf": 64, "default": 512}
    assert params["cfg_scale"]["default"] == 5.0
    assert params["karras"]["default"] is True
    for width, status in ((64, 202), (3072, 202), (63, 400), (3136, 400), (100, 400)):
        asked = await horde.ask(params={"width": width, "steps": 1})
        assert asked.status == status, (width, asked.body)


async def test_the_page_is_one_file_that_asks_no_other_host(horde: Horde) -> None:
    page = await horde.call("GET", "/api/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == POLICY
    text = page.body.decode()
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
    assert "@import" not in text
    assert "url(" not in text
    for operation in operations():
        assert f'id="{operation.id}"' in text
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(re.findall(r'id="([^"]+)"', text)), "no link leads nowhere"


async def test_x_fields_cuts_a_reply_down(horde: Horde) -> None:
    async def masked(mask: str) -> Any:
        return (await horde.call("GET", "/api/v2/find_user", who="asker", headers={"X-Fields": mask})).body

    whole = (await horde.call("GET", "/api/v2/find_user", who="asker")).body
    assert await masked("{id,username,nothing}") == {"id": whole["id"], "username": whole["username"]}
    assert await masked("kudos_details{gifted}, id") == {"id": whole["id"], "kudos_details": {"gifted": 0}}
    assert await masked("*") == whole
    assert set(await masked("{*,kudos_details{gifted}}")) == set(whole)
    models = await horde.call("GET", "/api/v2/status/models", headers={"X-Fields": "{name}"})
    assert models.body == []
    for broken in ("{id", "{id}}", "{{id}}", "a b{c} d{", "x{" * 20, "y" * 3000):
        refused = await horde.call("GET", "/api/v2/find_user", who="asker", headers={"X-Fields": broken})
        assert refused.status == 400, broken
        assert "X-Fields" in refused.body["message"]


async def test_every_reply_says_which_server_it_is(horde: Horde) -> None:
    for path in ("/api/v2/status/heartbeat", "/api/v2/find_user", "/api/v2/nothing"):
        node = (await horde.call("GET", path)).headers["Horde-Node"]
        assert node == f"127.0.0.1:{horde.server.port}:0.1.0"
