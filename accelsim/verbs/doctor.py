"""Whether this installation works: versions, caches, a known case counted, and how fast."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from accelsim import __version__, jit, shipped
from accelsim.arch.records import Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING, resolve
from accelsim.evaluation.records import Evaluation
from accelsim.mapper.benchmark import Question, evaluation_speed, search_speeds
from accelsim.mapper.contract import mapping_problem
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.technology.estimators.contract import Price
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.verbs.search import usable_threads
from accelsim.workload.records import Layer, Rank, Tensor, Term
from accelsim.workload.spec import read_workload

PACKAGES = (
    "numpy",
    "numba",
    "networkx",
    "pyyaml",
    "matplotlib",
    "pydantic",
    "typer",
    "rich",
    "jinja2",
    "pandas",
    "pyarrow",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    found: str


def doctor() -> tuple[Check, ...]:
    """Look at versions, caches and shipped specs, count a case known by hand, time the kernels."""
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        Check("accelsim", True, __version__),
        Check("python", sys.version_info >= (3, 11), f"{python} on {platform.platform()}"),
        *(Check(name, *_package(name)) for name in PACKAGES),
        Check("threads", True, str(usable_threads())),
        _verbs(),
        _cache(),
        _specs(),
        _kernel(),
        _speed(),
        _search(),
    )


def _package(name: str) -> tuple[bool, str]:
    optional = name in ("pandas", "pyarrow")
    try:
        return True, version(name)
    except PackageNotFoundError:
        return optional, "not installed (optional)" if optional else "not installed"


def _verbs() -> Check:
    """Import what every name of the package stands for; a broken installation may lack a file."""
    face = sys.modules["accelsim"]
    wrong = []
    for name in face.__all__:
        try:
            getattr(face, name)
        except Exception as fault:  # noqa: BLE001  (any error is what is looked for)
            wrong.append(f"{name}: {type(fault).__name__}: {fault}")
    return Check("verbs", not wrong, "; ".join(wrong) or f"all {len(face.__all__)} names work")


def _cache() -> Check:
    wanted, used = jit.cache_root(), jit.cache_directory()
    lasting = used.is_relative_to(wanted) or bool(jit.numba_config.CACHE_DIR)
    found = str(used)
    if not lasting:
        found += f" (temporary: {wanted} cannot be written, so kernels are compiled at each start)"
    return Check("kernel cache", lasting, found)


def _specs() -> Check:
    counts = [f"{len(shipped.names(kind))} {word}" for kind, word in shipped.LIST_WORDS.items()]
    missing = [kind for kind in shipped.FOLDERS if not shipped.names(kind)]
    return Check("shipped specs", not missing, f"{', '.join(counts)} in {shipped.root()}")


def _kernel() -> Check:
    """Count a small convolution and compare it with counts found by hand.

    Outputs[P] += Weights[R] * Inputs[P + R] with P = 4, R = 3.  The P loop stands at the DRAM, R
    over three lanes below a buffer of inputs and sums: every lane keeps nothing, so that for each
    of four steps

    - the buffer of inputs takes a window of 3 words, of which only the first is fetched whole and
      each later one brings 1 new word: 3 + 3 * 1 = 6 reads of the DRAM;
    - each lane takes one input from the buffer, all of them different: 4 * 3 = 12 reads;
    - each lane takes its weight from the DRAM at every step: 4 * 3 = 12 reads;
    - the three products are added on the way up: 4 * 2 = 8 reductions, 4 updates of the buffer.
    """
    found = known_case()
    traffic = found.traffic.by("level", "tensor", "action")
    by_hand = {
        ("dram", "Inputs", "read"): 6,
        ("buffer", "Inputs", "fill"): 6,
        ("buffer", "Inputs", "read"): 12,
        ("dram", "Weights", "read"): 12,
        ("array", "Outputs", "reduce"): 8,
        ("buffer", "Outputs", "update"): 4,
        ("dram", "Outputs", "update"): 4,
    }
    wrong = [
        f"{' '.join(where)} is {traffic[where]:g}, not {words}"
        for where, words in by_hand.items()
        if traffic[where] != words
    ]
    return Check("kernel", not wrong, "; ".join(wrong) or "counts a known case as by hand")


def _speed() -> Check:
    """Time full evaluations of one layer with seven dims on a machine with four memories."""
    arch = read_architecture("simba_like")
    layer = read_workload("alexnet:conv3").layers[0]
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    speed = evaluation_speed(mapping_problem(layer, arch, prices))
    found = (
        f"a full evaluation of {layer.name} on {arch.name} takes {speed.median_ns:.0f} ns "
        f"(median of {len(speed.runs_ns)} runs of {speed.mappings:,} mappings, fastest "
        f"{speed.fastest_ns:.0f} ns{_load()}); {speed.marked_share:.1%} of its windows counted "
        "word by word"
    )
    return Check("speed", True, found)


def _search() -> Check:
    """Time the exact search of one layer with six dims on a machine with three memories."""
    arch = read_architecture("eyeriss_shared")
    layer = read_workload("alexnet:conv3").layers[0]
    prices = resolve(arch, read_technology(arch.technology), DEFAULT_ACCOUNTING)
    (speed,) = search_speeds([Question(layer, arch, prices)])
    optimal = speed.outcome.certificate.optimal
    found = (
        f"an exact search of {layer.name} on {arch.name} takes {speed.median_s * 1e3:.0f} ms "
        f"(median of {len(speed.runs_s)} runs, fastest {speed.fastest_s * 1e3:.0f} ms{_load()}); "
        f"{speed.counts['steps']:,} steps, {'proved optimal' if optimal else 'not proved optimal'}"
    )
    return Check("search", optimal, found)


def _load() -> str:
    return f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


def known_case() -> Evaluation:
    """Return the evaluation of the case that :func:`doctor` knows the counts of."""
    layer = Layer(
        name="known",
        shape="einsum",
        dims=(("P", 4), ("R", 3)),
        tensors=(
            Tensor("Weights", "Weights", (Rank("r", (Term("R"),)),)),
            Tensor("Inputs", "Inputs", (Rank("h", (Term("P"), Term("R"))),)),
            Tensor("Outputs", "Outputs", (Rank("p", (Term("P"),)),)),
        ),
    )
    everything = frozenset({"Weights", "Inputs", "Outputs"})
    held = frozenset({"Inputs", "Outputs"})
    arch = Architecture(
        name="known",
        nodes=(
            Place("dram", (Holding("dram", keep=everything),)),
            Place("buffer", (Holding("buffer", keep=held),)),
            Fanout("array", "array", "any", mesh_x=3),
            Compute("mac", "any"),
        ),
        memories=(Memory("dram", "any"), Memory("buffer", "any")),
    )
    mapping = Mapping(
        (
            Block("dram", (Loop("P", 4),), everything),
            Block("buffer", (), held),
            Spread("array", x=(Loop("R", 3),)),
        )
    )
    one = Price(1.0, "counts only")
    actions = ("access", "deliver", "collect", "reduce", "mac", "alu")
    table = EnergyTable("ones", "MAC", {"any": dict.fromkeys(actions, one)})
    return evaluate(layer, arch, mapping, table)
