"""Figures as SVG that stands inside a page: text as text, in the page's font and colours.

matplotlib draws black on white.  Here what is black takes the colour of the page's text and what is
white behind the axes is left out, so that one figure reads on light and on dark.
"""

from __future__ import annotations

import re
import warnings
from io import StringIO
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import Collection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter

from accelsim.report.figures import house_style
from accelsim.report.hover import Names, Target, targets
from accelsim.report.page import raised, without_control

UNITS_PER_INCH = 72
"""Of the coordinates in matplotlib's SVG."""

DOTS_PER_INCH = 144
"""Of what is drawn as pixels."""

UNDATED = {"Date": None, "Creator": None}

COLLAPSED = "constrained_layout not applied"
"""How matplotlib says that labels leave no room for axes."""

GROWTH, MOST_ROOM = 1.5, 3
"""How much larger a figure becomes then, and how often at most."""

PIXELS_PER_UNIT = 1.5

REACH = 5.0
"""Units around a point that belong to it."""

PRECISE = re.compile(r"-?\d+\.\d{3,}")
SIZED = re.compile(r"(\d+(?:\.\d+)?)px")
ANCHOR = re.compile(r"text-anchor: \w+")
REFERENCE = re.compile(r"#([\w-]+)\)?")

DOT = "+"
"""What stands for the dots of a hatch, of which matplotlib writes a hundred kB of circles."""

COLOURS = (
    ("#000000", "currentColor"),
    ("stroke: #ffffff", "stroke: var(--paper)"),
    ("#0072b2", "var(--blue)"),
)
"""What matplotlib writes, and what stands for it in the page: its text, what is behind that, and
the blue of :data:`accelsim.report.figures.LOOKS`, which is dim on black."""

KEPT_BLACK = "#010101"
"""Of texts that stand on a colour of the figure, not on the page."""


def inline_svg(figure: Figure, name: str, names: Names | None = None) -> Markup:
    """Return a figure as an ``<svg>`` element; the same bytes for the same figure and name.

    Parameters
    ----------
    name : what tells its parts from those of other figures of the page
    names : what the points of series are called, by the label of the series
    """
    _prepare(figure)
    with house_style():
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": f"accelsim {name}"})
        figure.set_dpi(UNITS_PER_INCH)
        text = _drawn(figure)
        found = list(targets(figure, names or {}))
    root = ET.fromstring(without_control(text))
    _clean(root)
    _size(root)
    if found:
        root.append(_hover(found))
    # Written for this page by ElementTree, which escapes texts and attributes.
    return Markup(without_control(ET.tostring(root, encoding="unicode")))


def _drawn(figure: Figure) -> str:
    """Return a figure as matplotlib writes it; larger, if its labels leave its axes no room."""
    for room in range(MOST_ROOM, -1, -1):
        text = StringIO()
        with warnings.catch_warnings():
            # Whether a sign can be shown is a matter of the reader's fonts, not of matplotlib's.
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
            warnings.filterwarnings("error" if room else "ignore", COLLAPSED, UserWarning)
            try:
                figure.savefig(text, format="svg", dpi=DOTS_PER_INCH, metadata=UNDATED)
            except UserWarning:
                figure.set_size_inches(*(GROWTH * figure.get_size_inches()))
                continue
        break
    return text.getvalue()


def _prepare(figure: Figure) -> None:
    """Leave out what is white behind axes; take texts as they are, dollars included."""
    figure.patch.set_facecolor("none")
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes)]
    for legend in legends:
        if legend is not None:
            legend.get_frame().set_facecolor("none")
    for patch in figure.findobj(Patch):
        assert isinstance(patch, Patch)
        if patch.get_hatch():
            patch.set_hatch(patch.get_hatch().replace(".", DOT))
    for bands in figure.findobj(Collection):
        assert isinstance(bands, Collection)
        if bands.get_hatch():
            bands.set_hatch(bands.get_hatch().replace(".", DOT))
    counted = set[Text]()
    for ax in figure.axes:
        ax.patch.set_facecolor("none")
        for axis in (ax.xaxis, ax.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatter):
                counted |= {*axis.get_ticklabels(which="both")}
        if _on_colour(ax):
            for text in ax.texts:
                if to_hex(text.get_color()) == "#000000":
                    text.set_color(KEPT_BLACK)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text not in counted:
            text.set_parse_math(False)


def _on_colour(ax: Axes) -> bool:
    return bool(ax.images) or any(isinstance(its, QuadMesh) for its in ax.collections)


def _clean(root: ET.Element) -> None:
    """Take out namespaces, metadata and names that nothing refers to; use the page's colours."""
    used = set[str]()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in list(element.attrib):
            short = key.rpartition("}")[2]
            element.attrib[short] = element.attrib.pop(key)
        for value in element.attrib.values():
            used |= {*REFERENCE.findall(value)} if "#" in value else set()
    for parent in root.iter():
        for child in [its for its in parent if its.tag in ("metadata", "style")]:
            parent.remove(child)
        attributes = parent.attrib
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        for key in ("d", "x", "y", "points"):
            if key in attributes:
                attributes[key] = PRECISE.sub(_rounded, " ".join(attributes[key].split()))
        if "style" in attributes:
            attributes["style"] = _style(parent.tag, attributes["style"])
    for parent in root.iter():
        said = parent.tag in ("text", "tspan") and parent.text
        parent.text = raised(said) if said else None
        parent.tail = None


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _style(tag: str, style: str) -> str:
    if tag in ("text", "tspan"):
        size, anchor = SIZED.search(style), ANCHOR.search(style)
        colours = [part for part in style.split("; ") if part.startswith(("fill", "opacity"))]
        kept = [f"font-size: {size[1]}px" if size else "", anchor[0] if anchor else "", *colours]
        style = "; ".join(filter(None, kept))
    for drawn, shown in COLOURS:
        style = style.replace(drawn, shown)
    return style.replace("; ", ";").replace(": ", ":")


def _size(root: ET.Element) -> None:
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.attrib = {
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width * PIXELS_PER_UNIT:.0f}",
        "height": f"{height * PIXELS_PER_UNIT:.0f}",
        "role": "img",
    }


def _hover(found: list[Target]) -> ET.Element:
    group = ET.Element("g", {"class": "hover"})
    for its in found:
        if its.width or its.height:
            size = {"width": f"{its.width:.1f}", "height": f"{its.height:.1f}"}
            mark = ET.SubElement(group, "rect", {"x": f"{its.x:.1f}", "y": f"{its.y:.1f}", **size})
        else:
            place = {"cx": f"{its.x:.1f}", "cy": f"{its.y:.1f}", "r": f"{REACH:g}"}
            mark = ET.SubElement(group, "circle", place)
        ET.SubElement(mark, "title").text = raised(its.text)
    return group
