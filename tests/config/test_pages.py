"""News and documents: shipped, or put into the data folder."""

import json
from pathlib import Path

import msgspec
import pytest

from config.pages import DOCUMENTS, documents, news
from config.settings import load_settings
from core.domain.errors import Unavailable
from core.wire.showing.status import Newspiece


def test_the_shipped_ones_are_whole_and_honest(tmp_path: Path) -> None:
    settings = load_settings(environ={}, overrides={"data.folder": str(tmp_path)})
    texts = documents(settings)
    assert tuple(texts) == DOCUMENTS
    assert all(text.startswith("# ") for text in texts.values())
    assert "Volunteers can see your prompts" in texts["privacy"]
    assert [msgspec.convert(dict(piece), Newspiece).title for piece in news(settings)]


def test_those_in_the_data_folder_come_first(tmp_path: Path) -> None:
    settings = load_settings(environ={}, overrides={"data.folder": str(tmp_path)})
    shipped = documents(settings)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "terms.md").write_text("# Ours", encoding="utf-8")
    assert documents(settings) == dict(shipped) | {"terms": "# Ours"}
    piece = {"date_published": "2026-01-01", "newspiece": "We are here."}
    (tmp_path / "news.json").write_text(json.dumps([piece]), encoding="utf-8")
    assert news(settings) == (piece,)


@pytest.mark.parametrize(
    "text", ["{", "{}", '[{"newspiece": "no date"}]', "[1]", '[{"newspiece": 1, "date_published": "x"}]']
)
def test_broken_news_are_said(tmp_path: Path, text: str) -> None:
    settings = load_settings(environ={}, overrides={"data.folder": str(tmp_path)})
    (tmp_path / "news.json").write_text(text, encoding="utf-8")
    with pytest.raises(Unavailable, match=r"news\.json.*Correct it"):
        news(settings)


def test_a_document_that_is_no_text_is_said(tmp_path: Path) -> None:
    settings = load_settings(environ={}, overrides={"data.folder": str(tmp_path)})
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "terms.md").write_bytes(b"\xff\xfe")
    with pytest.raises(Unavailable, match="UTF-8"):
        documents(settings)
