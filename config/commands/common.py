"""What the commands share: the options that choose settings, and the settings they come to."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from config.settings import Settings, load_settings

MK = 1_000


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """The options by which every command finds its data folder."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (default: horde.toml, if it is there)"
    )
    parser.add_argument("--data", metavar="DIR", help="data folder (default: horde-data)")


def settings_of(arguments: argparse.Namespace, overrides: Mapping[str, object] | None = None) -> Settings:
    """The settings that the options, the environment and the file come to. Raises SettingsError."""
    return load_settings(file=arguments.config, overrides={"data.folder": arguments.data, **(overrides or {})})


def kudos(amount_mk: int) -> str:
    """Millikudos as people read kudos: at most two decimals, none where it is whole."""
    return f"{amount_mk / MK:,.2f}".rstrip("0").rstrip(".")
