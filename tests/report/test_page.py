"""Pages: what they are made of stands in them, whatever it is called, and nothing else runs."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accelsim.report.page import (
    Cell,
    Facts,
    Folded,
    Grid,
    Lines,
    Page,
    Section,
    Verbatim,
    cell_of,
    grid_of,
    render,
    value_of,
)
from accelsim.report.tables import NOTHING, Table
from tests.report.pages import cells, read

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</td></table></style></script>",
    "a&b;&lt;",
    "]]>-->",
    "{{ 7 * 7 }}{% raw %}",
    "層 😀 \u202e",
)


def page_of(*texts: str) -> Page:
    """Return a page with the texts in every place that can hold one."""
    first = texts[0]
    grid = Grid(first, (first,), tuple((Cell(text),) for text in texts), notes=texts)
    parts = (grid, Lines(texts), Lines(texts, listed=True), Verbatim(first))
    return Page(
        title=first,
        lead=first,
        facts=Facts(((first, texts), ("code", texts)), code=frozenset({"code"})),
        sections=(Section(first, (*parts, Folded(first, parts))),),
    )


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), min_size=1))
def test_texts_come_out_as_they_went_in(texts: list[str]) -> None:
    found = read(render(page_of(*texts)))
    for table in found.all("table"):
        assert cells(table) == [[text] for text in texts]
    assert [its.text for its in found.all("li")] == texts * 2
    assert [its.text for its in found.all("dd")] == texts * 2
    assert [its.text for its in found.all("code")] == texts
    assert len(found.all("script")) == len(found.all("style")) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_no_markup(text: str) -> None:
    calm, hostile = (read(render(page_of(its))) for its in ("calm", text))
    tags = [[its.tag for its in found.all(tag)] for found in (calm, hostile) for tag in ALL_TAGS]
    assert tags[: len(ALL_TAGS)] == tags[len(ALL_TAGS) :]
    assert hostile.all("title")[0].text == text


ALL_TAGS = ("script", "style", "img", "svg", "td", "p", "li", "dd", "details", "b", "a", "meta")


def test_only_the_one_script_may_run_and_nothing_is_fetched() -> None:
    html = render(page_of("x"))
    found = read(html)
    (script,) = found.all("script")
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    policy = next(
        str(its.attributes["content"])
        for its in found.all("meta")
        if its.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.findall(r"https?:|//\w|@import|url\((?!#)", html)
    assert not re.findall(r"fetch\(|XMLHttp|localStorage|sessionStorage|cookie", html)
    assert {its.attributes["href"] for its in found.all("a")} == {"#s1"}


def test_the_same_page_gives_the_same_bytes() -> None:
    assert render(page_of("x", "y")) == render(page_of("x", "y"))


def test_signs_that_control_nothing_here_are_shown_as_such() -> None:
    assert "\x00" not in render(page_of("a\x00b\x1f"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234.0),
        ("-0.5", -0.5),
        (".5", 0.5),
        ("1.2e+09", 1.2e9),
        ("57.1 %", 57.1),
        ("<0.1 %", 0.05),
        ("best", 1.0),
        ("64KiB", 2.0**19),
        ("200 MHz", 2e8),
        (NOTHING, None),
        ("rs", None),
        ("17/20", None),
        ("", None),
    ],
)
def test_what_a_cell_is_sorted_by(text: str, value: float | None) -> None:
    assert value_of(text) == value


def test_a_number_is_stated_only_where_the_text_does_not_say_it() -> None:
    assert [cell_of(text).stated for text in ("1,234", "57.1 %", "1.2e+09", "rs")] == [""] * 4
    assert cell_of("64KiB").stated == "524288"
    assert cell_of("<0.1 %").stated == "0.05"
    assert Cell("1.23", 1.2345).stated == "1.2345"
    assert cell_of("57.1 %").share == pytest.approx(0.571)


def test_columns_of_numbers_sort_by_numbers() -> None:
    rows = (("9KiB", "1", "rs", NOTHING), ("10KiB", NOTHING, "2", NOTHING))
    grid = grid_of(Table("t", ("a", "b", "c", "d"), rows))
    assert grid.numeric == (True, True, False, False)


def test_sums_stand_in_the_foot() -> None:
    table = Table("t", ("a", "b"), (("x", "1"), ("y", "2"), ("all", "3")), foot=1)
    page = Page("t", "", Facts(()), (Section("s", (grid_of(table),)),))
    (found,) = read(render(page)).all("table")
    assert cells(found.all("tbody")[0]) == [["x", "1"], ["y", "2"]]
    assert cells(found.all("tfoot")[0]) == [["all", "3"]]
