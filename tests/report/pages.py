"""Pages read back, as a browser would take them apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "input"}

Attributes = dict[str, str | None]


@dataclass
class Element:
    """A part of a page; ``inside`` holds elements and texts."""

    tag: str
    attributes: Attributes = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(its if isinstance(its, str) else its.text for its in self.inside)

    def all(self, tag: str) -> list[Element]:
        found = []
        for its in self.inside:
            if isinstance(its, Element):
                found += ([its] if its.tag == tag else []) + its.all(tag)
        return found


class Reader(HTMLParser):
    """Builds the tree of a page; every element must be closed where it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert [its.tag for its in reader.open] == ["page"]
    return reader.open[0]


def cells(table: Element) -> list[list[str]]:
    """Return the texts of a table without its heading."""
    return [[td.text for td in tr.all("td")] for tr in table.all("tr") if tr.all("td")]
