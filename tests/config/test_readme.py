"""The settings page is true: it names every setting with its default and nothing else."""

import re
import tomllib
from pathlib import Path

import msgspec

from config.settings import Settings

PAGE = Path(__file__).parents[2] / "config" / "README.md"


def test_the_settings_page_gives_every_key_with_its_default() -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    assert tomllib.loads(block.group(1)) == msgspec.json.decode(msgspec.json.encode(Settings()))
