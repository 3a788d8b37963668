"""What operators read of accounts and do to them."""

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


def test_operators_name_moderators_award_and_make_new_keys(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    made = json.loads(horde("account", "create", "ada", "--json", *data).stdout)
    changed = horde("account", "change", "ada#1", "--moderator", "yes", "--monthly-kudos", "50", *data).stdout
    assert "roles    moderator" in changed
    assert "kudos    300,050" in changed, "the month's grant of the role and of the account"
    assert "has 7 kudos more" in horde("account", "award", "ada#1", "7", "--why", "good ideas", *data).stdout
    told = json.loads(horde("account", "statement", "1", "--json", *data).stdout)
    assert [(line["reason"], line["kudos"], line["note"]) for line in told["lines"]] == [
        ("award", 7, "good ideas"),
        ("monthly", 300_050, told["lines"][1]["note"]),
    ]
    renewed = horde("account", "new-key", "ada#1", *data).stdout
    assert "API key  " in renewed
    assert made["api_key"] not in renewed
    for wrong in (("change", "ada#1"), ("change", "99", "--trusted", "yes"), ("award", "bob#1", "5"), ("new-key", "0")):
        done = horde("account", *wrong, *data)
        assert done.returncode == 2, wrong
        assert "Traceback" not in done.stderr
