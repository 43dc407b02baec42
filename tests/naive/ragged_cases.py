"""Random cases with remainders: mappings whose factors multiply to more than the bounds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import ceil, prod

from accelsim.arch.records import EVERY_DIM, Architecture, Compute, Fanout, Holding, Memory, Place
from accelsim.mapping.records import Block, Loop, Mapping, Spread
from accelsim.roles import ROLES
from accelsim.workload.records import Layer, Rank, Tensor, Term, window_terms
from tests.naive.cases import MAX_OPERATIONS, Case, random_case
from tests.naive.convention_cases import with_links
from tests.naive.features import BOTH_AXES, BYPASS, NO_MULTICAST, NO_REDUCTION
from tests.naive.features import features as features_of_any
from tests.naive.nest import Nest

SHORT_IN_TIME = "short last tile in a temporal loop"
SHORT_ON_LANES = "short last tile in a spatial loop"
SHORT_IN_WINDOW = "short last tile in a window dim"
SHORT_IN_SUM = "short last tile in a dim that is summed over"
SHORT_TWICE = "a dim short at two places"
NEVER_USED = "instances that are never used"
OPPOSED = "short last tile in a window of opposite signs"

ALL = (
    *(SHORT_IN_TIME, SHORT_ON_LANES, SHORT_IN_WINDOW, SHORT_IN_SUM, SHORT_TWICE, NEVER_USED),
    *(OPPOSED, NO_MULTICAST, NO_REDUCTION, BYPASS, BOTH_AXES),
)


def random_ragged_case(seed: int) -> Case:
    """Return the case of a seed, in which a tile of some dim is short."""
    rng = random.Random(seed)
    while True:
        case = random_case(rng.randrange(2**32), with_remainders)
        if any(prod(bounds) > case.layer.bounds[d] for d, bounds in _factors(case.mapping).items()):
            return case


def linked_ragged_case(seed: int) -> Case:
    """Return the case of a seed on a machine whose fanouts pass words on."""
    rng = random.Random(seed)
    return with_links(random_ragged_case(seed), rng) if seed % 4 == 0 else short_handed_on(seed)


def short_handed_on(seed: int) -> Case:
    """Return :func:`handed_on_case` of a seed, in which a tile of some dim is short."""
    rng = random.Random(seed)
    while True:
        case = handed_on_case(rng)
        if any(prod(bounds) > case.layer.bounds[d] for d, bounds in _factors(case.mapping).items()):
            return case


def handed_on_case(rng: random.Random, whole: bool = False) -> Case:
    """Return a window on two fanouts, of which lanes keep a tile and often step by its length.

    With ``whole`` bounds, no tile is short.
    """
    u, v = rng.choice([(1, 1), (1, 1), (1, -1), (2, 1), (2, 1), (3, 1), (1, 2), (2, -1), (2, 3)])
    inner = {"A": rng.choice([1, 1, 2]), "B": rng.choice([1, abs(u), abs(u), 2])}
    slots: dict[str, list[Loop]] = {"dram": [], "rows": [], "buffer": [], "lanes": []}
    slots["lanes"].append(Loop("A", rng.choice([2, 3, 4])))
    slots["buffer"].append(Loop(rng.choice("BBBA"), rng.choice([2, 3])))
    for dim, bound in zip("ABACD", [rng.choice([1, 1, 2, 3]) for _ in range(5)], strict=True):
        slots[rng.choice(list(slots))].append(Loop(dim, bound))
    for loops in slots.values():
        rng.shuffle(loops)
    slots["register"] = [Loop(dim, bound) for dim, bound in inner.items()]
    rng.shuffle(slots["register"])
    bounds = {}
    for dim in "ABCD":
        all_loops = (loop for at in slots.values() for loop in at)
        factors = [loop.bound for loop in all_loops if loop.dim == dim and loop.bound > 1] or [1]
        least = (factors[0] - 1) * prod(factors[1:]) + 1
        bounds[dim] = prod(factors) if whole else rng.randint(least, prod(factors))
    window = Rank("window", (Term("A", u), Term("B", v)))
    layer = Layer(
        "handed on",
        "einsum",
        tuple(bounds.items()),
        (
            Tensor("X", "Inputs", (window, Rank("d", (Term("D"),)))),
            Tensor("Y", "Weights", (Rank("b", (Term("B"),)), Rank("c", (Term("C"),)))),
            Tensor("Z", "Outputs", (Rank("a", (Term("A"),)), Rank("c", (Term("C"),)))),
        ),
    )
    every = frozenset(ROLES)

    def fanout(name: str) -> Fanout:
        named = rng.choice([EVERY_DIM, frozenset("A"), frozenset("AB"), frozenset()])
        x = prod(loop.bound for loop in slots[name])
        multicast = every if rng.random() < 0.7 else frozenset()
        return Fanout(name, name, name, mesh_x=x, mesh_y=1, multicast=multicast,
                      forwards={"Inputs": named} if named else {})  # fmt: skip

    in_buffer = frozenset(name for name in "XYZ" if rng.random() < 0.4)
    arch = Architecture(
        "handed on",
        (
            Place("dram", (Holding("dram", keep=every),)),
            fanout("rows"),
            Place("buffer", (Holding("buffer", may_keep=every),)),
            fanout("lanes"),
            Place("register", (Holding("register", may_keep=every),)),
            Compute("mac", "mac"),
        ),
        tuple(
            Memory(name, name, block_bits=rng.choice([16, 32]))
            for name in ("dram", "buffer", "register")
        ),
    )
    mapping = Mapping(
        (
            Block("dram", tuple(slots["dram"]), frozenset("XYZ")),
            Spread("rows", x=tuple(slots["rows"])),
            Block("buffer", tuple(slots["buffer"]), in_buffer),
            Spread("lanes", x=tuple(slots["lanes"])),
            Block("register", tuple(slots["register"]), frozenset("X")),
        ),
        remainders=not whole,
    )
    return Case(layer, arch, mapping)


def with_remainders(rng: random.Random, layer: Layer, mapping: Mapping) -> tuple[Layer, Mapping]:
    """Make some loops longer or shorter, then cut dims to bounds that need every turn of them."""

    def other(loop: Loop) -> Loop:
        if loop.bound == 1 or rng.random() < 0.7:
            return loop
        return replace(loop, bound=max(2, loop.bound + rng.choice([-1, 1, 2])))

    changed = replace(each_loop(mapping, other), remainders=True)
    bounds = dict(layer.bounds)
    for dim, factors in _factors(changed).items():
        least = (factors[0] - 1) * prod(factors[1:]) + 1
        bounds[dim] = rng.choice([least, prod(factors), *[rng.randint(least, prod(factors))] * 2])
    if prod(bounds.values()) > MAX_OPERATIONS:
        return layer, mapping
    dims = tuple((dim, bounds[dim]) for dim, _ in layer.dims)
    tensors = tuple(_opposed(tensor) if rng.random() < 0.3 else tensor for tensor in layer.tensors)
    return replace(layer, dims=dims, tensors=tensors), changed


def _opposed(tensor: Tensor) -> Tensor:
    """Give the first term of every rank the other sign: short tiles then lie at another end."""

    def turned(rank: Rank) -> Rank:
        first, *others = rank.terms
        return replace(rank, terms=(replace(first, coefficient=-first.coefficient), *others))

    return replace(tensor, ranks=tuple(map(turned, tensor.ranks)))


def for_bounds(rng: random.Random, layer: Layer, mapping: Mapping) -> tuple[Layer, Mapping]:
    """Make some loops longer, then shorten those that have turns without any position."""

    def longer(loop: Loop) -> Loop:
        return replace(loop, bound=loop.bound + rng.choice([0, 0, 1, 1, 2]))

    inside: Counter[str] = Counter()

    def needed(loop: Loop) -> Loop:
        stride = max(1, inside[loop.dim])
        bound = min(loop.bound, ceil(layer.bounds[loop.dim] / stride))
        inside[loop.dim] = stride * bound
        return replace(loop, bound=bound)

    changed = each_loop(each_loop(mapping, longer), needed)
    return layer, replace(changed, remainders=True)


def each_loop(mapping: Mapping, change: Callable[[Loop], Loop]) -> Mapping:
    """Change every loop, from inside out."""

    def all_of(loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        return tuple(change(loop) for loop in reversed(loops))[::-1]

    steps: list[Block | Spread] = []
    for step in reversed(mapping.steps):
        if isinstance(step, Block):
            steps.append(replace(step, loops=all_of(step.loops)))
        else:
            x = all_of(step.x)  # inside y
            steps.append(replace(step, x=x, y=all_of(step.y)))
    return replace(mapping, steps=tuple(reversed(steps)))


def _factors(mapping: Mapping) -> dict[str, list[int]]:
    """Return the bounds above 1 of each dim that has any, outermost first."""
    found: dict[str, list[int]] = {}
    for step in mapping.steps:
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            if loop.bound > 1:
                found.setdefault(loop.dim, []).append(loop.bound)
    return found


def features(case: Case) -> set[str]:
    """Return which of :data:`ALL` a case has, read off its loops; none if no tile is short."""
    layer = case.layer
    windows = [
        [term for term in rank.terms if layer.bounds[term.dim] > 1]
        for tensor in layer.tensors
        for rank in tensor.ranks
        if len(window_terms(rank, layer.bounds)) == 2
    ]
    in_window = {term.dim for terms in windows for term in terms}
    in_opposed = {
        term.dim
        for terms in windows
        if len({term.coefficient > 0 for term in terms}) == 2
        for term in terms
    }
    left = dict(layer.bounds)  # positions in the last turn of all loops further out
    factors = _factors(case.mapping)
    short: dict[str, list[str]] = {dim: [] for dim in left}
    for step in case.mapping.steps:
        for loop in step.loops if isinstance(step, Block) else (*step.y, *step.x):
            if loop.bound == 1:
                continue
            factors[loop.dim].pop(0)
            stride = prod(factors[loop.dim])
            turns = ceil(left[loop.dim] / stride)
            assert turns <= loop.bound
            if turns < loop.bound:
                short[loop.dim].append(SHORT_IN_TIME if isinstance(step, Block) else SHORT_ON_LANES)
            left[loop.dim] -= (turns - 1) * stride
    found = {where for places in short.values() for where in places}
    for dim, places in short.items():
        if places and dim in in_window:
            found.add(SHORT_IN_WINDOW)
        if places and dim in in_opposed:
            found.add(OPPOSED)
        if places and dim not in layer.output.dims:
            found.add(SHORT_IN_SUM)
        if len(places) > 1:
            found.add(SHORT_TWICE)
    nest = Nest(layer, case.architecture, case.mapping)
    begins = (nest.position((), instance) for instance in nest.instances(nest.levels[-1]))
    if not all(map(nest.exists, begins)):
        found.add(NEVER_USED)
    return found | (features_of_any(case) & set(ALL) if found else set())
