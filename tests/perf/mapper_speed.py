"""What the exact mapper is timed on, and the bars it is held against; nothing here judges.

All searches run on one thread, with compiled kernels, in rounds: each once, then each again.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from shutil import rmtree
from statistics import median
from typing import Any

from accelsim.arch.records import Architecture, Holding, Memory, Place
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.mapper.benchmark import Question, SearchSpeed, search_speeds
from accelsim.mapper.exact import ExactDriver
from accelsim.mapper.objectives import EDP, LATENCY, Objective
from accelsim.mapper.uneven import UnevenDriver
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Layer
from accelsim.workload.shapes import named_layer
from accelsim.workload.spec import read_workload

ROOT = Path(__file__).parents[2]

RUNS = 7
"""Rounds, after one that is not counted."""

LAYERS = (
    *(f"alexnet:conv{number}" for number in range(1, 6)),  # 2, 4 and 5 in two groups
    "resnet50:layer1.0.conv2",
    "vgg16:features.24",
    "gemms:large_2048x4096x16384",
    "mobilenet_v1:dw2",
    "mobilenet_v1:dw7",
    "gemms:bert_scores",
    "transformer_encoder:query",
    "transformer_encoder:softmax",
    "transformer_encoder:weighted",
)
COMPOSITE = "gemms:composite_5040"
OBJECTIVES = (LATENCY, EDP)
"""Besides energy."""

THREE_MEMORIES, ONE_RF, FOUR_MEMORIES = "eyeriss_shared", "eyeriss_rf512", "simba_like"
MACHINES = (THREE_MEMORIES, ONE_RF, FOUR_MEMORIES)

BARS_S = {THREE_MEMORIES: 0.020, ONE_RF: 0.050}
FOUR_BAR_TIMES = 5.0
"""Of the layer's median on the machine with three memories."""

FRONT_BAR_TIMES = 5.0
UNEVEN_BAR_TIMES = 20.0
"""Of the median of the search for the least energy."""

UNEVEN_AT = "buffers"
"""Memories in which tensors get tiles and places of their own."""

NETWORK_BAR_S = 0.3
COMPOSITE_BAR_S = 5.0
SLICE_S = 0.2
"""A driver looks at the clock at least so often."""

MEMORY_BAR_MB = 500.0
START_BAR_S = 3.0

MOST_SECONDS = 5.0
"""A search that takes longer is ended; its row then says how far its bound is."""


@dataclass(frozen=True)
class Row:
    """One line of a table.

    ``bar_s`` is None where none is set.  A search without a proof meets the bar if it gives a bound
    within ``bounded_within_s``.
    """

    layer: str
    speed: SearchSpeed
    bar_s: float | None = None
    bounded_within_s: float | None = None

    @property
    def proved(self) -> str:
        """``optimal``, or how far above the bound the best found lies."""
        certificate, best = self.speed.outcome.certificate, self.speed.outcome.best
        if certificate.optimal:
            return "optimal"
        if certificate.bound is None or best is None:
            return "no bound"
        names = {"energy": best.energy, "latency": best.cycles, "edp": best.energy * best.cycles}
        excess = names[certificate.objective] / certificate.bound - 1
        return f"within {excess * 100:.2g} %"

    @property
    def met(self) -> bool:
        """Whether the median is within the bar."""
        certificate = self.speed.outcome.certificate
        if certificate.optimal:
            within = self.bar_s
        else:
            within = None if certificate.bound is None else self.bounded_within_s
        return within is not None and self.speed.median_s <= within

    def cells(self) -> tuple[str, ...]:
        """Return the line under :data:`HEADINGS`."""
        speed, counts = self.speed, self.speed.counts
        bar = ("–", "–") if self.bar_s is None else (ms(self.bar_s), "yes" if self.met else "NO")
        return (
            self.layer, ms(speed.median_s), ms(speed.fastest_s), f"{counts['patterns']:,}",
            f"{counts['labels']:,}", f"{counts['steps']:,}",
            f"{counts['steps'] / speed.median_s / 1e6:.2f}",
            f"{speed.median_s / max(1, counts['steps']) * 1e9:.0f}",
            self.proved, *bar,
        )  # fmt: skip


HEADINGS = (
    "layer", "median ms", "min ms", "patterns", "labels", "steps", "10^6 steps/s", "ns/step",
    "proved", "bar ms", "met",
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One number with a bar that is not of a single search."""

    what: str
    found: float
    bar: float | None
    unit: str

    def cells(self) -> tuple[str, ...]:
        """Return the line under :data:`FIGURE_HEADINGS`."""
        if self.bar is None:
            return self.what, f"{self.found:.3g} {self.unit}", "–", "–"
        met = "yes" if self.found <= self.bar else "NO"
        return self.what, f"{self.found:.3g} {self.unit}", f"{self.bar:g} {self.unit}", met


FIGURE_HEADINGS = ("what", "found", "bar", "met")


def ms(seconds: float) -> str:
    """Return seconds as milliseconds, three digits."""
    value = seconds * 1e3
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def load() -> str:
    """Return the mean number of running processes over the last minute and the number of cores."""
    return f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"


def machine_kind() -> str:
    """Return processor family, cores, system and Python; no names."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {python()}"


def python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def layer_named(words: str) -> Layer:
    (layer,) = read_workload(words).layers
    return layer


@cache
def machine_named(words: str) -> Architecture:
    return read_architecture(words)


def question(layer: Layer | str, arch: Architecture | str, **more: Any) -> Question:
    """Ask about records or the names of specs."""
    layer = layer_named(layer) if isinstance(layer, str) else layer
    machine = machine_named(arch) if isinstance(arch, str) else arch
    prices = resolve(machine, read_technology(machine.technology), DEFAULT_ACCOUNTING)
    return Question(layer, machine, prices, **({"seconds": MOST_SECONDS} | more))


FRONT, UNEVEN = "front", "uneven"


def asked() -> Iterable[tuple[tuple[str, str], Question]]:
    """Yield (layer, what of it) and the question, for all that is told of the layers."""
    for words in LAYERS:
        for arch in MACHINES:
            yield (words, arch), question(words, arch)
        three = THREE_MEMORIES
        for objective in OBJECTIVES:
            yield (words, objective.name), question(words, three, objective=objective)
        yield (words, FRONT), question(words, three, front=True)
        driver = UnevenDriver(ExactDriver(), UNEVEN_AT)
        yield (words, UNEVEN), question(words, three, driver=driver)


@cache
def speeds() -> dict[tuple[str, str], SearchSpeed]:
    """Time all that is told of the layers, in rounds over all of it: so it can be compared."""
    keys, questions = zip(*asked(), strict=True)
    return dict(zip(keys, search_speeds(questions, RUNS), strict=True))


def least(words: str) -> float:
    """Return the median of the search that others are held against."""
    return speeds()[words, THREE_MEMORIES].median_s


def machine_rows(arch: str) -> Iterable[Row]:
    """Yield a row per layer for the least energy."""
    for words in LAYERS:
        bar = FOUR_BAR_TIMES * least(words) if arch == FOUR_MEMORIES else BARS_S[arch]
        yield Row(words, speeds()[words, arch], bar)


def objective_rows(objective: Objective) -> Iterable[Row]:
    """Yield a row per layer for another objective, on the machine with three memories."""
    for words in LAYERS:
        yield Row(words, speeds()[words, objective.name])


def front_rows() -> Iterable[Row]:
    """Yield a row per layer for the whole front of energy and cycles, against a single search."""
    for words in LAYERS:
        speed = speeds()[words, FRONT]
        points = len(speed.outcome.front)
        yield Row(f"{words} ({points} points)", speed, FRONT_BAR_TIMES * least(words))


def uneven_rows() -> Iterable[Row]:
    """Yield a row per layer for uneven mappings, against a single search."""
    for words in LAYERS:
        yield Row(words, speeds()[words, UNEVEN], UNEVEN_BAR_TIMES * least(words))


def composite_rows() -> Iterable[Row]:
    """Yield the GEMM of three bounds of 60 divisors each; a bound within the time will do."""
    asked = question(COMPOSITE, THREE_MEMORIES, seconds=COMPOSITE_BAR_S)
    (speed,) = search_speeds([asked], RUNS)
    yield Row(COMPOSITE, speed, COMPOSITE_BAR_S, COMPOSITE_BAR_S + SLICE_S)


def distinct_layers(network: str) -> list[Layer]:
    """Return the layers of a network, those that differ in name only once."""
    layers = read_workload(network).layers
    return list({(one.dims, one.tensors, one.op): one for one in reversed(layers)}.values())


def network_figure(network: str = "resnet50") -> Figure:
    """Time all distinct layers of a network, one after another."""
    questions = [question(layer, THREE_MEMORIES) for layer in distinct_layers(network)]
    rounds = zip(*(speed.runs_s for speed in search_speeds(questions, RUNS)), strict=True)
    what = f"all {len(questions)} distinct layers of {network} on {THREE_MEMORIES}"
    return Figure(what, median(map(sum, rounds)), NETWORK_BAR_S, "s")


def peak_memory_mb(arch: str) -> float:
    """Search every layer in this process and return its peak resident memory (Linux only)."""
    for words in (*LAYERS, COMPOSITE):
        question(words, arch).answer()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def memory_figures() -> Iterable[Figure]:
    """Yield the peak memory of a process that searches all layers, for each machine."""
    for arch in MACHINES:
        code = f"from tests.perf.mapper_speed import peak_memory_mb as p; print(p({arch!r}))"
        found = float(timed([sys.executable, "-c", code], os.environ)[1])
        yield Figure(f"peak memory, all layers and composite_5040 on {arch}", found,
                     MEMORY_BAR_MB, "MB")  # fmt: skip


def start_figures() -> Iterable[Figure]:
    """Yield how long ``compare eyeriss alexnet`` takes: nothing compiled, then warm."""
    call = [sys.executable, "-m", "accelsim", "compare", "eyeriss", "alexnet", "-q"]
    name = "compare eyeriss alexnet"
    with tempfile.TemporaryDirectory() as kept:
        environment = os.environ | {"ACCELSIM_CACHE": kept}
        cold, _ = timed(call, environment)
        searched, known = [], []
        for _ in range(RUNS):
            rmtree(Path(kept) / "results")
            searched.append(timed(call, environment)[0])
            known.append(timed(call, environment)[0])
    yield Figure(f"{name}, fresh cache: first start", cold, None, "s")
    yield Figure(f"{name}, of that compiling", cold - median(searched), None, "s")
    yield Figure(f"{name}, warm, results not known", median(searched), START_BAR_S, "s")
    yield Figure(f"{name}, warm, results known", median(known), START_BAR_S, "s")


def timed(call: list[str], environment: os._Environ[str] | dict[str, str]) -> tuple[float, str]:
    """Return the seconds that a program took, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        call, cwd=ROOT, env=dict(environment), check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, done.stdout


@dataclass(frozen=True)
class Point:
    """One point of a curve: what grows, and the search."""

    x: int
    speed: SearchSpeed


def curve(questions: Iterable[tuple[int, Question]]) -> list[Point]:
    xs, asked = zip(*questions, strict=True)
    return [Point(x, speed) for x, speed in zip(xs, search_speeds(asked, RUNS), strict=True)]


def machine_of(memories: int) -> Architecture:
    """Return the machine with one register file a PE, without it, or with 8 KiB before it."""
    arch = read_architecture(ONE_RF)
    if memories == 3:
        return arch
    if memories == 2:
        nodes = tuple(node for node in arch.nodes if node.name != "rf")
        kept = tuple(memory for memory in arch.memories if memory.name != "rf")
        return replace(arch, name="two_memories", nodes=nodes, memories=kept)
    (rf,) = (place for place in arch.places if place.name == "rf")
    held = replace(rf.holdings[0], memory="pe_buffer")
    between = Place("pe_buffer", (Holding(held.memory, held.keep, held.may_keep),))
    at = arch.nodes.index(rf)
    nodes = (*arch.nodes[:at], between, *arch.nodes[at:])
    more = Memory("pe_buffer", "sram", size_bits=8 * 8 * 1024)
    return replace(arch, name="four_memories", nodes=nodes, memories=(*arch.memories, more))


DIMS = {"M": 64, "C": 64, "P": 16, "Q": 16, "R": 3, "S": 3, "G": 4, "N": 4}
"""In the order in which a convolution of ever more dims gets them."""


def by_memories(words: str) -> list[Point]:
    return curve((n, question(words, machine_of(n))) for n in (2, 3, 4))


def by_dims() -> list[Point]:
    bounds = list(DIMS.items())
    layers = {n: named_layer(f"dims {n}", "conv", dict(bounds[:n])) for n in range(2, 9)}
    return curve((n, question(layer, THREE_MEMORIES)) for n, layer in layers.items())


def by_size(sizes: Iterable[int]) -> list[Point]:
    layers = {n: named_layer(f"cube {n}", "gemm", {"M": n, "K": n, "N": n}) for n in sizes}
    return curve((n, question(layer, THREE_MEMORIES)) for n, layer in layers.items())


def by_channels() -> list[Point]:
    window = {"P": 14, "Q": 14, "R": 3, "S": 3}
    layers = {
        n: named_layer(f"channels {n}", "conv", {"M": n, "C": n} | window)
        for n in (2**k for k in range(4, 12))
    }
    return curve((n, question(layer, THREE_MEMORIES)) for n, layer in layers.items())
