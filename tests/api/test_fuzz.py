"""Whatever is sent to whatever is described, the answer is one that is described, and never a fault of the server's.

`HORDE_TEST_FUZZ_EXAMPLES=300` makes it a long run.
"""

import itertools
import json
import os
import time
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
from tests.clients.worker import MODEL, Worker, picture_base64
from tests.e2e.processes import UpProcess, horde

EXAMPLES = int(os.environ.get("HORDE_TEST_FUZZ_EXAMPLES", "15"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW = ("Prefer",)
WAITING = ("/v1/chat", "/v1/completions", "/v1/images")
"""They hold the line until a worker is done, and say 503 where nobody could make it now."""
PICTURE_ORDER: dict[str, object] = {"prompt": "a heart", "params": {"width": 64, "height": 64, "steps": 1}}
TEXT_ORDER: dict[str, object] = {"prompt": "Once", "params": {"max_length": 16, "max_context_length": 80}}
STYLE: dict[str, object] = {"name": "style", "info": "made by a fuzzer", "prompt": "{p}{np}", "models": [MODEL]}
FORMS: dict[str, object] = {"forms": [{"name": "caption"}], "source_image": picture_base64()}
MAKERS: dict[str, tuple[str, str, dict[str, object]]] = {
    "generate/check": ("POST", "/api/v2/generate/async", PICTURE_ORDER),
    "generate/status": ("POST", "/api/v2/generate/async", PICTURE_ORDER),
    "events/requests": ("POST", "/api/v2/generate/async", PICTURE_ORDER),
    "generate/text/status": ("POST", "/api/v2/generate/text/async", TEXT_ORDER),
    "interrogate/status": ("POST", "/api/v2/interrogate/async", FORMS),
    "sharedkeys": ("PUT", "/api/v2/sharedkeys", {"name": "a key"}),
    "users": ("GET", "/api/v2/find_user", {}),
    "workers": ("GET", "/api/v2/workers", {}),
    "workers/messages": ("POST", "/api/v2/workers/messages", {"message": "hello"}),
    "teams": ("POST", "/api/v2/teams", {"name": "a team"}),
    "styles/image": ("POST", "/api/v2/styles/image", STYLE | {"params": {"steps": 5}}),
    "styles/text": ("POST", "/api/v2/styles/text", STYLE | {"prompt": "{p}", "params": {}}),
    "filters": ("PUT", "/api/v2/filters", {"regex": "no prompt says this", "filter_type": 10}),
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
        made = self.make(noun)
        return {path.partition("{")[2].partition("}")[0]: made} if made else {}

    def make(self, noun: str) -> str | None:
        """The id of a new thing; None where the fuzzer has lost the right to make one."""
        found = self._ask(*MAKERS[noun])
        if isinstance(found, list):
            found = found[0] if found else {}
        return str(found["id"]) if "id" in found else None

    def wait_for_workers(self) -> None:
        ends = time.monotonic() + 20
        while self.make("workers") is None:
            assert time.monotonic() < ends, self.up.tail()
            time.sleep(0.1)

    def _ask(self, method: str, at: str, body: dict[str, object]) -> Any:
        sent = {
            key: f"{value} {self.made}-{next(self.names)}" if key == "name" else value for key, value in body.items()
        }
        headers = {"apikey": self.key, "Content-Type": "application/json"}
        reply = requests.request(method, self.up.url + at, data=json.dumps(sent), headers=headers, timeout=30)
        return reply.json() if reply.ok else {}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    up = UpProcess(tmp_path_factory.mktemp("fuzzed") / "data", env={"HORDE_API_RATE_LIMITS": "off"})
    fuzzed = Fuzzed(up)
    fuzzed.renew()
    up.start()
    worker = Worker(up.url, fuzzed.account("a worker's owner", "--trusted"))
    worker.start()
    fuzzed.wait_for_workers()
    assert [noun for noun in MAKERS if fuzzed.make(noun) is None] == []
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
