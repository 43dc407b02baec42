"""Measure how fast the exact mapper is and write docs/mapper.md and its picture.

    python -m tests.perf.mapper_report        # from the root of the checkout; some minutes

Figures are those of the machine and the hour: run it while nothing else runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

from accelsim.report.figures import house_style, save
from tests.perf import mapper_speed as speed
from tests.perf.mapper_speed import ROOT, Figure, Point, Row

PAGE = ROOT / "docs" / "mapper.md"
PICTURE = ROOT / "docs" / "pictures" / "mapper_speed.svg"

POWERS = tuple(2**k for k in range(4, 15))
COMPOSITES = (12, 24, 60, 120, 360, 720, 1260, 2520)

INTRODUCTION = """\
# How fast the exact mapper is

<!-- Written by `python -m tests.perf.mapper_report`: run it, do not edit. -->

The exact mapper answers with the best mapping of a layer and a proof, or with the whole front of
energy and cycles. This page says how long that takes.

Every time is the median of {runs} runs, with the fastest beside it, after a run that is not
counted. Runs are made in rounds over all layers, machines and questions, so that a time in which
the machine is slow falls on all of them. One thread, compiled kernels, from the layer, the machine
and its prices to the mapping and its certificate, nothing taken from the results cache. *Patterns*
are the choices of what each memory keeps that had to be searched, *labels* the partial mappings
kept, *steps* those that were made. A search is ended after {most:g} s; *within x %* then says how
far above its proved bound the best found lies. The bars are goals that the mapper is held against;
no test fails on them. `compare` runs on all cores.

Measured on {kind}; {before} when it began, {after} when it ended.
"""

GROWTH = """\
## How the time grows

![Time of a search against what grows](pictures/mapper_speed.svg)

Both axes are logarithmic. Hollow points were ended without a proof. The machines of two and four
memories are `{rf}` without its register file, and with 8 KiB before it in each PE. Dims are
added to a convolution in the order {dims}. Convolutions of growing channels are 3x3 over 14x14.
All panels but the first are of `{three}`.
"""


def main() -> None:
    """Measure, then write the page and the picture."""
    argparse.ArgumentParser(
        prog="python -m tests.perf.mapper_report",
        description="Measure how fast the exact mapper is (some minutes), then write"
        f" {PAGE.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}.",
    ).parse_args()
    before = speed.load()
    say("layers")
    tables: list[tuple[str, Sequence[Row | Figure]]] = [
        (f"Least energy on `{arch}`", list(speed.machine_rows(arch))) for arch in speed.MACHINES
    ]
    say("objectives and fronts")
    three = speed.THREE_MEMORIES
    for objective, name in zip(speed.OBJECTIVES, ("latency", "EDP"), strict=True):
        tables.append((f"Least {name} on `{three}`", list(speed.objective_rows(objective))))
    uneven = f"Uneven mappings ({speed.UNEVEN_AT}) on `{three}`"
    tables += [
        (f"The front of energy and cycles on `{three}`", list(speed.front_rows())),
        (uneven, list(speed.uneven_rows())),
        (f"Bounds of 60 divisors, on `{three}`", list(speed.composite_rows())),
    ]
    say("network, memory, start-up")
    figures = [speed.network_figure(), *speed.memory_figures(), *speed.start_figures()]
    tables.append(("A network, memory, start-up", figures))
    say("growth")
    panels = growth()
    head = INTRODUCTION.format(
        runs=speed.RUNS, most=speed.MOST_SECONDS, kind=speed.machine_kind(),
        before=before, after=speed.load(),
    )  # fmt: skip
    parts = [head, *(f"## {title}\n\n{table(rows)}" for title, rows in tables)]
    dims = ", ".join(f"`{dim}` = {bound}" for dim, bound in speed.DIMS.items())
    parts.append(GROWTH.format(rf=speed.ONE_RF, three=three, dims=dims))
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    save(picture(panels), PICTURE)
    say(f"wrote {PAGE.relative_to(ROOT)} and {PICTURE.relative_to(ROOT)}")


def say(text: str) -> None:
    print(f"== {text}; {speed.load()}", file=sys.stderr)


def table(lines: Sequence[Row | Figure]) -> str:
    """Return a table in markdown, numbers to the right."""
    headings = speed.HEADINGS if isinstance(lines[0], Row) else speed.FIGURE_HEADINGS
    rows = [headings, ("---", *["--:"] * (len(headings) - 1)), *(line.cells() for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


Curves = dict[str, list[Point]]


def growth() -> dict[str, Curves]:
    """Return curve by name, for each panel by what grows."""
    layers = ("alexnet:conv3", "gemms:large_2048x4096x16384", "mobilenet_v1:dw2")
    return {
        "memories": {words: speed.by_memories(words) for words in layers},
        "dims of a convolution": {"": speed.by_dims()},
        "n of a GEMM n x n x n": {
            "n a power of 2": speed.by_size(POWERS),
            "n highly composite": speed.by_size(COMPOSITES),
        },
        "channels of a convolution": {"": speed.by_channels()},
    }


def picture(panels: dict[str, Curves]) -> Picture:
    """Draw a panel for each thing that grows."""
    with house_style():
        drawn = Picture(figsize=(9, 6), layout="constrained")
        for ax, (grows, curves) in zip(
            drawn.subplots(2, 2, sharey=True).flat, panels.items(), strict=True
        ):
            draw(ax, grows, curves)
    return drawn


def draw(ax: Axes, grows: str, curves: Curves) -> None:
    """Draw one panel: milliseconds against what grows."""
    for number, (name, points) in enumerate(curves.items()):
        color = f"C{number}"
        xs = [point.x for point in points]
        times = [point.speed.median_s * 1e3 for point in points]
        ax.plot(xs, times, color=color, label=name)
        for x, time, point in zip(xs, times, points, strict=True):
            face = color if point.speed.outcome.certificate.optimal else "white"
            ax.plot([x], [time], "o", color=color, markerfacecolor=face)
    ax.set(xscale="log", yscale="log", xlabel=grows, ylabel="median ms")
    xs = [point.x for points in curves.values() for point in points]
    if max(xs) < 10:
        ax.set_xticks(range(min(xs), max(xs) + 1), [str(x) for x in range(min(xs), max(xs) + 1)])
        ax.minorticks_off()
    ax.grid(alpha=0.3)
    if len(curves) > 1:
        ax.legend()


if __name__ == "__main__":
    main()
