"""The commands as an operator types them: what they print, what they return, and what they say of a mistake."""

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.e2e.processes import UpProcess, horde


def test_an_account_is_made_shown_and_its_key_is_stored_hashed(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    made = horde("account", "create", "ada", "--kudos", "50", "--trusted", "--json", *data)
    assert made.returncode == 0, made.stderr
    account = json.loads(made.stdout)
    assert account["account"] == f"ada#{account['id']}"
    assert account["kudos"] == 50
    key = account["api_key"].encode()
    assert all(key not in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    shown = horde("account", "show", account["account"], "--json", *data)
    assert json.loads(shown.stdout)["kudos"] == 50
    plain = horde("account", "show", str(account["id"]), *data)
    assert "ada#" in plain.stdout
    assert account["api_key"] not in plain.stdout
    checked = horde("ledger", "check", *data)
    assert checked.returncode == 0
    assert "sum        0" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("account", "show", "99999"), "There is no account with the number 99999"),
        (("account", "show", "nobody"), "give its number or name#number"),
        (("account", "create", "a#b"), "cannot be used"),
        (("account", "create", "ada", "--kudos", "-1"), "give 0 or more"),
        (("draw", "a cat", "--url", "http://127.0.0.1:9"), "Start one with: horde up"),
    ],
)
def test_wrong_usage_says_what_and_what_to_do(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    data = () if arguments[0] == "draw" else ("--data", str(tmp_path / "data"))
    done = horde(*arguments, *data)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_no_free_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = horde("up", "--data", str(tmp_path / "data"), "--port", port, "--no-worker")
    assert done.returncode == 2
    assert port in done.stderr
    assert "choose another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder", encoding="utf-8")
    done = horde("up", "--data", str(file / "data"), "--port", "0", "--no-worker")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_data_folder() -> None:
    """Not even root makes a folder in /proc."""
    done = horde("up", "--data", "/proc/horde-data", "--port", "0", "--no-worker")
    assert done.returncode == 2
    assert "/proc/horde-data cannot be written" in done.stderr
    assert "--data" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_all_named(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[server]\nport = 99999\n[queue]\nlease_s = 0\n", encoding="utf-8")
    done = horde("up", "--config", str(file), "--data", str(tmp_path / "data"))
    assert done.returncode == 2
    assert "server.port" in done.stderr
    assert "queue.lease_s" in done.stderr


def test_a_missing_model_stops_the_worker_and_not_the_suite(tmp_path: Path) -> None:
    env = {"HORDE_WORKER_MODEL": str(tmp_path / "no-model"), "HORDE_WORKER_ENABLED": "true"}
    up = UpProcess(tmp_path / "data", env=env, worker=True)
    up.start()
    ends = time.monotonic() + 60
    while "worker.stopped" not in up.tail() and time.monotonic() < ends:
        time.sleep(0.2)
    assert "no-model" in up.tail()
    assert up.get("/api/v2/status/heartbeat")["message"] == "OK"
    assert up.stop() == 0


def test_doctor_finds_what_is_wrong_and_what_is_right(tmp_path: Path) -> None:
    well = horde("doctor", "--data", str(tmp_path / "data"), env={"HORDE_SERVER_PORT": "0"})
    assert well.returncode == 0, well.stdout
    ill = horde(
        "doctor",
        "--data",
        str(tmp_path / "data"),
        env={"HORDE_WORKER_MODEL": "/nowhere/model", "HORDE_SERVER_PORT": "0"},
    )
    assert ill.returncode == 1
    assert "/nowhere/model holds no model" in ill.stdout


def test_ctrl_c_stops_everything_within_five_seconds(tmp_path: Path) -> None:
    up = UpProcess(tmp_path / "data")
    up.start()
    began_s = time.monotonic()
    assert up.stop(signal.SIGINT, within_s=20) == 0
    assert time.monotonic() - began_s < 5
    assert "horde.stopped" in up.tail()
    assert not (tmp_path / "data" / "up.json").exists()
