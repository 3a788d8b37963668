"""Whatever is sent to whatever is described, the answer is one that is described, and never a fault of the server's.

`HORDE_TEST_FUZZ_EXAMPLES=300` makes it a long run.
"""

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.api.app import operations
from core.api.openapi.document import openapi_of
from tests.clients.worker import Worker
from tests.e2e.processes import UpProcess, horde

EXAMPLES = int(os.environ.get("HORDE_TEST_FUZZ_EXAMPLES", "15"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW = ("Prefer",)
WAITING = ("/v1/chat", "/v1/completions", "/v1/images")
"""They hold the line until a worker is done, and say 503 where nobody could make it now."""
PICTURE_ORDER: dict[str, object] = {"prompt": "a heart", "params": {"width": 64, "height": 64, "steps": 1}}
TEXT_ORDER: dict[str, object] = {"prompt": "Once", "params": {"max_length": 16, "max_context_length": 80}}
STYLE: dict[str, object] = {"name": "style", "prompt": "{p}{np}", "params": {}}
MAKERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "generate/check": ("POST", "/api/v2/generate/async", PICTURE_ORDER),
    "generate/status": ("POST", "/api/v2/generate/async", PICTURE_ORDER),
    "generate/text/status": ("POST", "/api/v2/generate/text/async", TEXT_ORDER),
    "sharedkeys": ("PUT", "/api/v2/sharedkeys", {"name": "a key"}),
    "users": ("GET", "/api/v2/find_user", {}),
    "teams": ("POST", "/api/v2/teams", {"name": "a team"}),
    "styles/image": ("POST", "/api/v2/styles/image", STYLE),
    "styles/text": ("POST", "/api/v2/styles/text", STYLE | {"prompt": "{p}"}),
}
"""What makes (or finds) something that a path is about: method, address and body."""

schema = schemathesis.openapi.from_dict(openapi_of(operations(), version="0", public_url="http://127.0.0.1"))


@dataclass
class Fuzzed:
    """A suite process, and the key of a moderator of it, who may do most."""

    up: UpProcess
    made: int = 0
    key: str = ""
    names: Iterator[int] = field(default_factory=itertools.count)

    def renew(self) -> None:
        """Another account: a fuzzer may take the keys or the account away from itself."""
        self.made += 1
        self.key = self.account(f"fuzzer {self.made}", "--moderator", "--trusted", "--kudos", "1000000")

    def account(self, name: str, *options: str) -> str:
        made = horde("account", "create", name, *options, "--json", "--data", str(self.up.data))
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["api_key"])

    def try_out(self, case: schemathesis.Case[Any]) -> None:
        """Sends it; raises if the answer is not among those that are described."""
        waits = case.path.startswith(WAITING)
        try:
            reply = case.call(base_url=self.up.url, headers={"apikey": self.key}, timeout=1 if waits else 30)
        except requests.Timeout:
            assert waits, case.as_curl_command()
            return
        described = CHECKS[1:] if waits and reply.status_code == 503 else CHECKS
        case.validate_response(reply, checks=described)
        if reply.status_code == 401:
            self.renew()

    def known(self, path: str) -> dict[str, str]:
        """Names in a path that lead to something that is there; a new one each time, as the last may be gone."""
        noun = path.removeprefix("/api/v2/").partition("/{")[0]
        if "{" not in path or noun not in MAKERS or path.count("{") > 1:
            return {}
        method, at, body = MAKERS[noun]
        found = self._ask(method, at, body)
        name = path.partition("{")[2].partition("}")[0]
        made = found.get("id") or found.get("message_id")
        return {name: str(made)} if made else {}

    def _ask(self, method: str, at: str, body: dict[str, object]) -> dict[str, Any]:
        sent = {
            key: f"{value} {self.made}-{next(self.names)}" if key == "name" else value for key, value in body.items()
        }
        headers = {"apikey": self.key, "Content-Type": "application/json"}
        reply = requests.request(method, self.up.url + at, data=json.dumps(sent), headers=headers, timeout=30)
        told = reply.json() if reply.ok else {}
        return told if isinstance(told, dict) else {}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    up = UpProcess(tmp_path_factory.mktemp("fuzzed") / "data", env={"HORDE_API_RATE_LIMITS": "off"})
    fuzzed = Fuzzed(up)
    fuzzed.renew()
    up.start()
    worker = Worker(up.url, fuzzed.account("a worker's owner", "--trusted"))
    worker.start()
    yield fuzzed
    worker.stop()
    assert up.process is not None
    assert up.process.poll() is None, up.tail()
    up.stop()
    assert "Traceback" not in up.log.read_text(encoding="utf-8")


@schema.parametrize()
@seed(20_260_822)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case: schemathesis.Case[Any], fuzzed: Fuzzed) -> None:
    for name in SLOW:
        case.headers.pop(name, None)
    fuzzed.try_out(case)
    known = fuzzed.known(case.path)
    if known:
        case.path_parameters |= known
        fuzzed.try_out(case)
