"""What operators do about purses and pots, by the command line."""

import json
from pathlib import Path

import pytest

from config.cli import main
from core.services.linking.code import make_code


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(words) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_a_pot_is_opened_shown_changed_and_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path), "--json")
    made = json.loads(said(capsys, "account", "create", "sponsor", "--kudos", "100", *data))
    bounds = ("--budget", "60", "--member-day", "5")
    pot = json.loads(said(capsys, "pot", "open", "reddit", "Pics", "--sponsor", str(made["id"]), *bounds, *data))
    assert (pot["community"], pot["left"], pot["member_day"], pot["request"]) == ("pics", 60, 5, None)
    assert json.loads(said(capsys, "pot", "list", *data))[0]["id"] == pot["id"]
    changed = json.loads(said(capsys, "pot", "change", pot["id"], "--budget", "80", *data))
    assert (changed["left"], changed["member_day"]) == (80, 5)
    assert main(["pot", "change", pot["id"], "--budget", "800", *data]) == 2
    assert "does not cover" in capsys.readouterr().err
    assert json.loads(said(capsys, "pot", "close", pot["id"], *data))["state"] == "ended"
    assert json.loads(said(capsys, "account", "show", str(made["id"]), *data))["kudos"] == 100
    said(capsys, "ledger", "check", *data[:2])


def test_a_name_is_linked_unlinked_and_a_merge_undone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    from config.settings import load_settings
    from config.wiring import open_ground

    async def code() -> str:
        async with open_ground(load_settings(environ={}, overrides={"data.folder": str(tmp_path)})) as ground:
            return await ground.uow.write(
                lambda tx: make_code(
                    tx, platform="reddit", external_id="t2_a", display_name="ann", now_ms=ground.clock.now_ms()
                )
            )

    data = ("--data", str(tmp_path))
    said(capsys, "account", "create", "ann", "--kudos", "100", *data)
    out = said(capsys, "account", "link", asyncio.run(code()), "--account", "ann#1", *data)
    merge = out.split()[-1]
    assert "reddit: ann" in said(capsys, "account", "show", "1", *data)
    shown = next(line for line in said(capsys, "account", "show", "1", *data).splitlines() if line.startswith("merge "))
    assert shown.split()[1] == merge, "support finds the number"
    assert "from 2 (reddit: ann) to 1" in shown
    assert "undone" not in shown
    assert merge in said(capsys, "account", "show", "2", *data), "and at the account that is gone"
    assert "Undone: 1 names" in said(capsys, "account", "unlink", "--undo", merge, *data)
    after = json.loads(said(capsys, "account", "show", "1", "--json", *data))
    assert after["identities"] == []
    [told] = after["merges"]
    assert (told["merge"], told["from"], told["to"], told["names"]) == (merge, 2, 1, ["reddit:ann"])
    assert told["undone"] is not None
    assert main(["account", "unlink", "--undo", "none", *data]) != 0
    assert "`horde account show` lists" in capsys.readouterr().err
    said(capsys, "account", "link", asyncio.run(code()), "--account", "ann#1", *data)
    assert "It is ann#" in said(capsys, "account", "unlink", "reddit", "t2_a", *data)
    assert main(["account", "unlink", *data]) == 2
    assert main(["account", "link", "NOPE-NOPE", "--account", "ann#1", *data]) == 2
    assert "no such code" in capsys.readouterr().err
