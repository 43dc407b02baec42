"""Reports in a browser: sorting, values of figures, light and dark, print; no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import accelsim as acs
from tests.browser.conftest import Open, Opened
from tests.report.test_page import HOSTILE
from tests.small.points import row, stored

FILES = ("sweep_file", "run_file")

LEAST_CONTRAST = 4.5
"""Of text, by WCAG 2.2, criterion 1.4.3, level AA."""


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest) -> Path:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Path)
    return found


@pytest.fixture
def opened(load: Open, file: Path) -> Iterator[Opened]:
    """A page that, whatever is done with it, asks for nothing and complains about nothing."""
    its = load(file)
    yield its
    its.page.wait_for_timeout(100)
    assert its.requests == [file.as_uri()]
    assert its.complaints == []


def table(title: str) -> str:
    return f"table:has(caption:text-is('{title}'))"


def column(its: Opened, which: str, heading: str) -> list[str]:
    """Return the texts of a column of a table's body, from the top down."""
    found: list[str] = its.page.eval_on_selector(
        which,
        """(table, heading) => {
            const all = [...table.tHead.rows[0].cells];
            const said = (th) => th.innerText.replaceAll("\\n", " ").trim();
            const at = all.findIndex((th) => said(th) === heading);
            return [...table.tBodies[0].rows].map((row) => row.cells[at].textContent);
        }""",
        heading,
    )
    return found


def number(text: str) -> float:
    return float(re.sub(r"[^\d.e+-]", "", text))


ALL = "196 points, best by energy first"


def test_a_click_sorts_by_number_and_another_turns_it_around(load: Open, sweep_file: Path) -> None:
    its = load(sweep_file)
    which = table(ALL)
    before = column(its, which, "cycles")
    heading = its.page.locator(f"{which} th", has_text="cycles")
    heading.get_by_role("button").click()
    rising = column(its, which, "cycles")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert [*map(number, rising)] == sorted(map(number, before)) != [*map(number, before)]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(its, which, "cycles") == rising[::-1]
    assert its.page.locator("th[aria-sort]").count() == 1


def test_sizes_sort_by_what_they_are_worth(load: Open, sweep_file: Path) -> None:
    its = load(sweep_file)
    which = table(ALL)
    its.page.locator(f"{which} th", has_text="glb.size").get_by_role("button").click()
    found = [*dict.fromkeys(column(its, which, "glb.size"))]
    assert found == [f"{2**power}KiB" for power in range(4, 12)]


def test_equal_cells_stay_in_order_and_words_sort_as_words(load: Open, sweep_file: Path) -> None:
    its = load(sweep_file)
    which = table(ALL)
    its.page.locator(f"{which} th", has_text="dataflow").get_by_role("button").click()
    flows = column(its, which, "dataflow")
    assert flows == sorted(flows)
    places = [int(text) for text in column(its, which, "#")]
    first = flows.count("rs")
    assert places[:first] == sorted(places[:first])
    assert places[first:] == sorted(places[first:])


def test_the_keyboard_sorts_too(load: Open, sweep_file: Path) -> None:
    its = load(sweep_file)
    which = table(ALL)
    its.page.locator(f"{which} th", has_text="util.").get_by_role("button").focus()
    its.page.keyboard.press("Enter")
    shares = [*map(number, column(its, which, "util."))]
    assert shares == sorted(shares)
    its.page.keyboard.press("Space")
    assert [*map(number, column(its, which, "util."))] == shares[::-1]


def test_sums_stay_last(load: Open, run_file: Path) -> None:
    its = load(run_file)
    which = table("by layer, dataflow both")
    button = its.page.locator(f"{which} th", has_text="/op").get_by_role("button")
    for _ in range(2):
        button.click()
        assert its.page.locator(f"{which} tr").last.locator("td").first.inner_text() == "all"
    assert column(its, which, "layer") == ["fc1", "fc2"]


def test_figures_show_and_say_their_values(opened: Opened) -> None:
    page = opened.page
    figures = page.locator("figure svg").all()
    assert len(figures) >= 2
    for figure in figures:
        size = figure.bounding_box()
        assert size is not None
        assert size["width"] > 200
        assert size["height"] > 150
    tip = page.locator("#tip")
    assert tip.is_hidden()
    mark = page.locator("figure .hover > *").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    assert tip.is_visible()
    said = tip.inner_text()
    assert ": " in said
    place, frame = tip.bounding_box(), page.viewport_size
    assert place is not None
    assert frame is not None
    assert 0 <= place["x"] <= frame["width"] - place["width"]
    assert 0 <= place["y"] <= frame["height"] - place["height"]
    page.mouse.move(2, 2)
    assert tip.is_hidden()


def test_a_point_says_which_it_is(load: Open, sweep_file: Path) -> None:
    its = load(sweep_file)
    mark = its.page.locator("section:has(h2:text-is('Energy and time')) .hover > *").last
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    lines = its.page.locator("#tip").inner_text().splitlines()
    (energy,) = (line for line in lines if line.startswith("energy"))
    place = int(lines[0].removeprefix("point "))
    found = dict(
        zip(column(its, table(ALL), "#"), column(its, table(ALL), "energy J"), strict=True)
    )
    assert number(energy.partition(": ")[2]) == pytest.approx(number(found[str(place)]), rel=1e-3)


LUMINANCE = """(element) => {
    const rgb = (colour) => {
        const canvas = document.createElement("canvas").getContext("2d");
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map((its) => its / 255)
        .map((its) => its <= 0.04045 ? its / 12.92 : ((its + 0.055) / 1.055) ** 2.4)
        .reduce((sum, its, i) => sum + its * [0.2126, 0.7152, 0.0722][i], 0);
    let behind = element;
    while (rgb(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
    const text = getComputedStyle(element);
    const colour = element.namespaceURI.endsWith("svg") ? text.fill : text.color;
    return [light(rgb(colour)), light(rgb(getComputedStyle(behind).backgroundColor))];
}"""

TEXTS = (
    "h1",
    ".lead",
    "dt",
    "dd",
    "td",
    "th",
    "caption",
    "p",
    "a",
    "summary",
    "svg text",
    "footer",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible(scheme: str, load: Open, file: Path) -> None:
    page = load(file, color_scheme=scheme).page
    for which in TEXTS:
        if not page.locator(which).count():
            continue
        text, behind = page.eval_on_selector(which, LUMINANCE)
        assert (behind < 0.2) == (scheme == "dark")
        light, dark = max(text, behind), min(text, behind)
        assert (light + 0.05) / (dark + 0.05) >= LEAST_CONTRAST, which


@pytest.mark.parametrize("scripts", [True, False])
def test_the_scheme_can_be_chosen(scripts: bool, load: Open, run_file: Path) -> None:
    page = load(run_file, color_scheme="light", java_script_enabled=scripts).page

    def behind() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = behind()
    page.get_by_text("dark", exact=True).click()
    dark = behind()
    assert dark != light
    page.get_by_text("light", exact=True).click()
    assert behind() == light
    page.emulate_media(color_scheme="dark")
    assert behind() == light
    page.get_by_text("auto", exact=True).click()
    assert behind() == dark


def test_it_reads_without_scripts(load: Open, file: Path) -> None:
    its = load(file, java_script_enabled=False)
    page = its.page
    for which in ("h1", "table", "figure svg", "figure svg text"):
        assert page.locator(which).first.is_visible()
    assert page.locator("th button").count() == 0
    # Browsers show the titles of marks by themselves.
    assert page.locator(".hover title").count() > 4
    for folded in page.locator("details").all():
        if folded.is_visible():
            folded.locator("summary").first.click()
            assert folded.locator(":scope > :not(summary)").first.is_visible()
    assert its.requests == [file.as_uri()]


def test_print_shows_every_table_whole(load: Open, file: Path) -> None:
    its = load(file, color_scheme="dark")
    page = its.page
    page.emulate_media(media="print")
    assert page.locator("table").count() >= 3
    for found in page.locator("table, pre, figure svg").all():
        assert found.is_visible()
    assert page.locator("#scheme").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    cut = "[...document.querySelectorAll('.grid')].some((it) => it.clientHeight < it.scrollHeight)"
    assert not page.evaluate(cut)
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_hostile_names_do_nothing(load: Open, tmp_path: Path) -> None:
    rows = [
        row(number, {"p": text, text: f"{number}"}, workload="net", dataflow=text)
        for number, text in enumerate(HOSTILE)
    ]
    store = stored(tmp_path / "study.db", rows, words=HOSTILE[0])
    acs.report_(store, output=tmp_path / "x.html")
    its = load(tmp_path / "x.html")
    for button in its.page.locator(f"{table('8 points, best by energy first')} button").all():
        button.click()
    for mark in its.page.locator(".hover > *").all()[:8]:
        mark.hover(force=True)
    assert its.complaints == []
    assert its.requests == [its.file.as_uri()]
    assert its.page.locator("img").count() == 0


def test_a_script_that_is_not_ours_does_not_run(load: Open, run_file: Path, tmp_path: Path) -> None:
    """The policy holds even if a name were not escaped."""
    text = run_file.read_text(encoding="utf-8")
    bad = "<script>document.title = 'taken'</script><img src='https://example.org/x.png'>"
    (tmp_path / "x.html").write_text(text.replace("<main>", f"<main>{bad}"), encoding="utf-8")
    its = load(tmp_path / "x.html")
    assert its.page.title() != "taken"
    assert its.requests == [its.file.as_uri()]
    assert len(its.complaints) == 2
