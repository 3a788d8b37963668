"""Where pictures live is chosen by settings, and `horde doctor` tries it out."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from cdn.s3 import S3Place
from config.commands.doctor import examine
from config.objects import s3_place
from config.settings import Settings, SettingsError, load_settings
from tests.e2e.processes import ROOT, clean_environment
from tests.seaweed import PRIVATE, Seaweed


def settings_for(place: S3Place, tmp_path: Path, **other: str) -> Settings:
    keys = {field.name: getattr(place, field.name) for field in dataclasses.fields(place)} | other | {"kind": "s3"}
    environ = {f"HORDE_OBJECTS_{name.upper()}": value for name, value in keys.items()}
    return load_settings(environ=environ, overrides={"data.folder": str(tmp_path), "server.port": 0})


def looked_at(settings: Settings) -> dict[str, str]:
    """Return the next step of each finding about the objects."""
    return {found.subject: found.next_step for found in examine(settings) if found.subject.startswith("objects")}


def test_everything_that_buckets_need_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text('[objects]\nkind = "s3"\nbucket = "No Bucket"\nprefix = "/x"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, environ={})
    problems = "\n".join(caught.value.problems)
    for word in ("objects.bucket", "horde-pictures", "objects.prefix", "my-horde/", "objects.endpoint"):
        assert word in problems, word
    assert "r2.cloudflarestorage.com" in problems
    assert "HORDE_OBJECTS_SECRET_ACCESS_KEY" in problems
    assert len(caught.value.problems) == 6


def test_aws_needs_a_region_instead_of_an_endpoint(tmp_path: Path) -> None:
    environ = {
        "HORDE_OBJECTS_KIND": "s3",
        "HORDE_OBJECTS_REGION": "eu-central-1",
        "HORDE_OBJECTS_BUCKET": "horde-pictures",
        "HORDE_OBJECTS_ACCESS_KEY_ID": "AK",
        "HORDE_OBJECTS_SECRET_ACCESS_KEY": "secret",
    }
    place = s3_place(load_settings(environ=environ).objects)
    assert (place.host, place.uploads_bucket) == ("s3.eu-central-1.amazonaws.com", "horde-pictures")


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ={"HORDE_OBJECTS_SECRET_ACCESS_KEY": "se cret", "HORDE_DATA_SECRET": "hush"})
    assert len(caught.value.problems) == 2
    assert "se cret" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_doctor_finds_good_buckets_good(seaweed: Seaweed, tmp_path: Path) -> None:
    steps = looked_at(settings_for(seaweed.place(prefix="doctor/"), tmp_path))
    assert set(steps) == {f"objects: {what}" for what in ("uploads", "pictures", "reading", "privacy", "lifecycle")}
    assert not any(steps.values()), steps


@pytest.mark.parametrize(
    ("wrong", "subject", "step"),
    [
        ({"bucket": "not-made"}, "objects: bucket", "objects.bucket"),
        ({"secret_access_key": "wrong"}, "objects: bucket", "HORDE_OBJECTS_SECRET_ACCESS_KEY"),
        ({"private_bucket": ""}, "objects: privacy", "objects.private_bucket"),
        ({"bucket": PRIVATE}, "objects: reading", "objects.public_url"),
        ({"endpoint": "http://127.0.0.1:9"}, "objects: bucket", "objects.endpoint"),
    ],
)
def test_the_doctor_says_what_is_missing(
    seaweed: Seaweed, tmp_path: Path, wrong: dict[str, str], subject: str, step: str
) -> None:
    assert step in looked_at(settings_for(seaweed.place(prefix="doctor/"), tmp_path, **wrong))[subject]


def test_without_boto3_it_says_what_to_install(seaweed: Seaweed, tmp_path: Path) -> None:
    place = seaweed.place()
    keys = {field.name: getattr(place, field.name) for field in dataclasses.fields(place)} | {"kind": "s3"}
    program = (
        "import sys; sys.modules['boto3'] = None; from config.cli import main; "
        f"sys.exit(main(['doctor', '--data', {str(tmp_path)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment({f"HORDE_OBJECTS_{name.upper()}": value for name, value in keys.items()}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'horde-suite[r2]'" in done.stdout
    assert "Traceback" not in done.stderr


def test_on_disk_the_doctor_names_the_folder(tmp_path: Path) -> None:
    settings = load_settings(environ={}, overrides={"data.folder": str(tmp_path), "server.port": 0})
    (found,) = [one for one in examine(settings) if one.subject == "objects"]
    assert (str(tmp_path) in found.told, found.next_step) == (True, "")
