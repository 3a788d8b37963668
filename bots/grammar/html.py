"""HTML as people read it: text with a newline where a reader sees one."""

from html.parser import HTMLParser


def text_of_html(html: str) -> str:
    """Returns what a reader of the HTML sees, with a newline for each `<br>` and paragraph."""
    reader = _HtmlText()
    reader.feed(html)
    reader.close()
    return "\n".join(line.strip() for line in "".join(reader.parts).splitlines() if line.strip())


class _HtmlText(HTMLParser):
    _BREAKS = frozenset({"br", "p", "div", "li", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
