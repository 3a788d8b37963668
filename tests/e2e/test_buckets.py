"""The whole suite with its pictures in buckets: mention, bundled worker, signed upload, published picture."""

import dataclasses
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.processes import horde
from tests.seaweed import PRIVATE, PUBLIC, Seaweed


@pytest.mark.torch
def test_the_demo_plays_with_pictures_in_buckets(seaweed: Seaweed, tmp_path: Path) -> None:
    place = seaweed.place(prefix="demo/")
    fields = {field.name: getattr(place, field.name) for field in dataclasses.fields(place)}
    env = {f"HORDE_OBJECTS_{name.upper()}": value for name, value in fields.items()} | {"HORDE_OBJECTS_KIND": "s3"}
    done = horde("demo", "--data", str(tmp_path / "data"), env=env, timeout_s=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (address,) = (line.split()[1] for line in done.stdout.splitlines() if line.startswith("picture"))
    assert address.startswith(f"{place.public_url}/demo/pictures/")
    with urlopen(address) as answer:  # noqa: S310 - the test's own server
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.read(4) == b"RIFF"
    kept = seaweed.sdk().list_objects_v2(Bucket=PUBLIC, Prefix="demo/")["Contents"]
    assert sorted(Path(one["Key"]).suffix for one in kept) == [".json", ".webp"]
    assert seaweed.sdk().list_objects_v2(Bucket=PRIVATE, Prefix="demo/")["KeyCount"] == 0
    assert not (tmp_path / "data" / "objects").exists()
    secret = place.secret_access_key
    assert secret not in done.stdout + done.stderr + (tmp_path / "data" / "up.log").read_text(encoding="utf-8")
