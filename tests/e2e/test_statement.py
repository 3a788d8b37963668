"""The statement as an operator reads it."""

import json
from pathlib import Path

from tests.e2e.processes import horde


def test_a_statement_for_operators(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    horde("account", "create", "ada", "--kudos", "50", *data)
    told = json.loads(horde("account", "statement", "ada#1", "--json", *data).stdout)
    (line,) = told["lines"]
    assert (line["kudos"], line["balance"], line["reason"], line["other"]) == (50, 50, "grant", "Mint")
    assert (told["earned"], told["spent"], told["next_cursor"]) == ({"grant": 50}, {}, None)
    plain = horde("account", "statement", "1", "--lines", "1", *data).stdout
    assert "grant       Mint" in plain
    assert "earned in 30 days: grant 50" in plain
    assert "spent in 30 days: nothing" in plain
    for wrong in (("ada",), ("ada#1", "--lines", "0"), ("ada#1", "--cursor", "x"), ("99",)):
        done = horde("account", "statement", *wrong, *data)
        assert done.returncode == 2, wrong
        assert "Traceback" not in done.stderr
