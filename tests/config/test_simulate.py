"""`horde simulate`: the table, the chart and what is said where something is wrong."""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from config.cli import main
from config.settings import load_settings
from config.wiring import open_ground
from core.services.people.register import register
from tests.postgres import fresh_postgres

SMALL = ("--requests", "2000")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def simulate(*arguments: str) -> int:
    return main(["simulate", *SMALL, *arguments])


def test_the_table_says_what_it_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--no-chart") == 0
    told = capsys.readouterr().out
    for words in ("2,000 requests from 1,001 askers (a made-up sample)", "median wait", "95 % within", "served"):
        assert words in told
    for band in ("anonymous", "guests", "below -1,000", "-100 to 0", "100,000 and more"):
        assert f"\n{band} " in told
    assert "Meaning    Half wait less than" in told
    assert "asked more than 10 min earlier (2 x queue.weight_s)" in told
    assert not (Path.cwd() / "horde-data").exists()


def test_a_free_horde_and_an_overrun_one_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--no-chart", "--load", "0.1") == 0
    assert "While workers are free nobody waits" in capsys.readouterr().out
    assert simulate("--no-chart", "--load", "5", "--requests", "20000") == 0
    assert "ran out of time after 20 min: more is asked for than these workers can do." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["waits.png", "WAITS.PNG"])
def test_the_chart_is_a_png_that_can_be_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--chart", name) == 0
    assert f"Chart      {name}" in capsys.readouterr().out
    with Image.open(name) as picture:
        assert picture.format == "PNG"
        assert picture.width >= 1_200
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 20


def test_the_chart_is_an_svg_whose_words_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--chart", "waits.svg", "--load", "1.3", "--requests", "20000", "--json") == 0
    row = json.loads(capsys.readouterr().out)
    drawn = Path("waits.svg").read_text(encoding="utf-8")
    for words in (
        "Who has more kudos waits less",
        "kudos of the account when it asked (below zero: debt)",
        "wait until a worker takes the job (minutes)",
        "anonymous",
        "guests",
        "100k",
        "half wait less",
        "after 20 min a request that nobody took ends",
    ):
        assert words in drawn, words
    assert (row["load"], row["requests"], row["overtaken_max_s"]) == (1.3, 20_000, 600)
    assert row["overtaken_s"] < 600
    assert sum(band["requests"] for band in row["bands"]) == 20_000


def test_the_hordes_own_accounts_are_taken_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(environ={})

    async def people() -> None:
        async with open_ground(settings) as ground:
            for number in range(5):
                await ground.uow.write(
                    partial(register, name=f"p{number}", kudos_mk=number * 10**6, now_ms=ground.clock.now_ms())
                )

    asyncio.run(people())
    before = sorted(path.name for path in settings.folder.iterdir())
    assert simulate("--no-chart", "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["balances"], row["askers"]) == ("this horde's accounts", 6)
    assert {band["band"] for band in row["bands"]} == {"anonymous", "0 to 100", "1,000 to 10,000"}
    with fresh_postgres() as url:
        assert main(["db", "copy", "--to", url]) == 0
        capsys.readouterr()
        monkeypatch.setenv("HORDE_DATA_DATABASE_URL", url)
        assert simulate("--no-chart", "--json") == 0
        assert json.loads(capsys.readouterr().out) == row
        monkeypatch.delenv("HORDE_DATA_DATABASE_URL")
    assert simulate("--no-chart", "--json", "--balances", "sample") == 0
    assert json.loads(capsys.readouterr().out)["askers"] == 1_001
    assert sorted(path.name for path in settings.folder.iterdir()) == before


def test_a_horde_without_people_is_simulated_with_a_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade"]) == 0
    assert simulate("--no-chart") == 0
    assert "1,001 askers (a made-up sample, for this horde has too few accounts)" in capsys.readouterr().out
    assert simulate("--balances", "horde", "--chart", "alone.svg") == 0
    told = capsys.readouterr().out
    assert "2,000 requests from 1 asker (this horde's accounts)" in told
    assert "Half of what is served waits less than" in told
    assert "How long requests wait" in Path("alone.svg").read_text(encoding="utf-8")


def test_without_matplotlib_the_table_is_still_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert simulate() == 0
    told = capsys.readouterr()
    assert "median wait" in told.out
    assert "pip install 'horde-suite[charts]'" in told.err
    assert not list(Path.cwd().glob("*.png"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--load", "0", "--workers", "-3"), "--load is 0.0: give a number from 0.01 to 10.0, for example --load 1.1."),
        (("--load", "0", "--workers", "-3"), "--workers is -3"),
        (("--load", "nan"), "--load is nan"),
        (("--chart", "waits.gif"), "ends in .png or .svg"),
        (("--chart", "nowhere/waits.png"), "there is no folder nowhere. Make it first."),
        (("--balances", "horde", "--no-chart"), "Start one with `horde up`"),
    ],
)
def test_wrong_options_say_what_and_what_to_do(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(*arguments) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_a_chart_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "waits.png").mkdir()
    assert simulate("--chart", "waits.png") == 2
    assert "The chart waits.png cannot be written" in capsys.readouterr().err
