"""The little Markdown that documents are written in, as HTML: headings, paragraphs, lists, bold, links."""

import html
import re
from typing import Final

_LINK: Final = re.compile(r"\[([^\]]+)\]\((https://[^)\s\"']+)\)")
_BOLD: Final = re.compile(r"\*\*(.+?)\*\*")
_HEADING: Final = re.compile(r"(#{1,4}) (.+)")


def html_of(text: str) -> str:
    """Return the text as HTML; whatever is not Markdown of this kind is shown as it stands."""
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def _block(block: str) -> str:
    lines = [line.strip() for line in block.strip().splitlines()]
    heading = _HEADING.fullmatch(lines[0])
    if heading is not None:
        level = len(heading[1])
        rest = "\n".join(lines[1:])
        return f"<h{level}>{_inline(heading[2])}</h{level}>" + (f"\n{_block(rest)}" if rest else "")
    if all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", _LINK.sub(r'<a href="\2">\1</a>', html.escape(text)))
