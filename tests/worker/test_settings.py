"""The worker's settings: where they come from, and that every mistake is named at once."""

import json
from pathlib import Path

import pytest

from worker.errors import BadSettingsError
from worker.settings.keys import KEYS, Settings
from worker.settings.read import read_settings

KEY = {"HORDE_WORKER_KEY": "k"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a diffusers model made for 64 px."""
    model = tmp_path / "toy"
    (model / "unet").mkdir(parents=True)
    (model / "vae").mkdir()
    (model / "model_index.json").write_text("{}")
    (model / "unet" / "config.json").write_text('{"sample_size": 8}')
    (model / "vae" / "config.json").write_text('{"block_out_channels": [1, 2, 3, 4]}')
    return model


def test_flag_beats_environment_beats_file(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "worker.toml"
    file.write_text(f'name = "from-file"\nthreads = 3\nwait_s = 9\nmodels = ["{folder}"]\n')
    environ = KEY | {"HORDE_WORKER_CONFIG": str(file), "HORDE_WORKER_NAME": "from-env", "HORDE_WORKER_THREADS": "4"}
    settings = read_settings(["--name", "from-flag"], environ)
    assert (settings.name, settings.threads, settings.wait_s) == ("from-flag", 4, 9)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "worker.toml"
    file.write_text('max_power = 8\nprefetch = 9\nmodels = [{ model = "/nowhere/model" }, { name = "x" }]\n')
    environ = {"HORDE_WORKER_URL": "ftp://x", "HORDE_WORKER_NSFW_THRESHOLD": "2", "HORDE_WORKER_COLOUR": "red"}
    with pytest.raises(BadSettingsError) as caught:
        read_settings(["--config", str(file)], environ)
    said = str(caught.value)
    for piece in (
        "max_power: unknown key",
        "prefetch: cannot be 9",
        "there is no folder /nowhere/model",
        "entry 2: has no `model`",
        "url: cannot be 'ftp://x'",
        "Example: https://horde.example.org",
        "nsfw_threshold: cannot be '2'",
        "HORDE_WORKER_COLOUR: unknown variable",
        "key: is missing",
    ):
        assert piece in said
    assert len(caught.value.problems) == 8


def test_a_wrong_key_is_never_shown(folder: Path) -> None:
    with pytest.raises(BadSettingsError) as caught:
        read_settings(["--key", "se cret", "--model", str(folder)], {})
    assert "se cret" not in str(caught.value)


def test_folder_without_a_card_is_read_from_its_own_configuration(folder: Path) -> None:
    (entry,) = read_settings(["--model", str(folder)], KEY).models
    assert (entry.name, entry.native_px, entry.direct_px, entry.px_max) == ("toy", 64, 64, 1024)


def test_card_of_a_folder_is_believed_and_the_settings_more(tmp_path: Path, folder: Path) -> None:
    card = {"name": "glyphs", "native_px": 96, "px_max": 512, "baseline": "toy", "default_steps": 12, "card_of": "ours"}
    (folder / "horde.json").write_text(json.dumps(card))
    file = tmp_path / "worker.toml"
    file.write_text(f'[[models]]\nmodel = "{folder}"\npx_max = 768\n')
    (entry,) = read_settings(["--config", str(file)], KEY).models
    assert (entry.name, entry.native_px, entry.px_max, entry.default_steps) == ("glyphs", 96, 768, 12)


def test_several_models_hub_ids_and_own_names(folder: Path) -> None:
    models = read_settings(["--model", f"mine={folder}", "--model", "stabilityai/sd-turbo"], KEY).models
    assert [(entry.name, entry.model) for entry in models] == [
        ("mine", str(folder)),
        ("sd-turbo", "stabilityai/sd-turbo"),
    ]


def test_same_name_twice_is_a_mistake(folder: Path) -> None:
    with pytest.raises(BadSettingsError, match="the name toy is given twice"):
        read_settings(["--model", str(folder), "--model", str(folder)], KEY)


def test_folder_that_is_no_model_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(BadSettingsError, match=r"has no model_index\.json"):
        read_settings(["--model", str(tmp_path)], KEY)


def test_every_key_is_documented_and_in_the_readme() -> None:
    assert set(KEYS) == set(Settings.__struct_fields__)
    readme = (Path(__file__).parents[2] / "worker" / "README.md").read_text("utf-8")
    assert [key for key in KEYS if f"`{key}`" not in readme] == []
