"""Explain an Evaluation: derive every count anew from the rules, with its formula in numbers.

This is no copy of the counter: it walks boundary by boundary, marks words in sets, and is checked
against the counter each time it is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from accelsim.arch.records import Architecture, Fanout, Memory, Place
from accelsim.conventions import Conventions
from accelsim.counter.counting import count
from accelsim.errors import Problem, UsageError
from accelsim.evaluation.expected import expected_energy, finished_energy, operation_energy
from accelsim.evaluation.extras import ADDRESS
from accelsim.evaluation.records import Evaluation
from accelsim.explanation.nest import Boundary, LoopAt, Run, boundaries, moving_dims
from accelsim.explanation.records import OVERLAPPING, OWN, SAME, Explanation, Lanes, Link, Term
from accelsim.explanation.visits import Visits, signed_terms, spreads, visits
from accelsim.mapping.forms import block_words
from accelsim.mapping.homes import memory_at
from accelsim.technology.records import ACTIONS
from accelsim.workload.records import Layer, Tensor, tile_words

Count = tuple[int, int, str]
"""Words, accesses, formula."""


def explain(evaluation: Evaluation) -> Explanation:
    """Return the terms that an Evaluation is the sum of.

    Raises
    ------
    UsageError
        If it was counted under other conventions than the default.
    """
    refuse_other_rules(evaluation)
    layer, arch, mapping = evaluation.layer, evaluation.arch, evaluation.mapping
    links = []
    fresh = {layer.output.name: layer.tensor_words(layer.output)}  # Z of the outermost keeper
    for boundary in boundaries(layer, arch, mapping):
        bill = _Bill(evaluation, boundary)
        if boundary.tensor is layer.output:
            fresh[boundary.tensor.name] = _count_output(bill, fresh[boundary.tensor.name])
        else:
            _count_input(bill)
        links.append(bill.link())
    action = layer.op
    each = operation_energy(evaluation.prices, arch, layer)
    bounds = " x ".join(f"{bound:,} of {dim}" for dim, bound in layer.dims if bound > 1)
    operations = Term(
        arch.compute.name,
        action,
        layer.operations,
        layer.operations,
        each,
        layer.operations * each,
        bounds or "1",
    )
    found = Explanation(
        evaluation,
        tuple(sorted(links, key=lambda link: -link.energy)),
        operations,
        evaluation.leakage,
    )
    _check(found)
    return found


def refuse_other_rules(evaluation: Evaluation) -> None:
    """Refuse what is counted by other rules than those that are explained here.

    Raises
    ------
    UsageError
    """
    refuse_conventions(evaluation.conventions)
    unexplained = {
        "words that neighbours pass on": _pass_on(evaluation),
        "hops over a mesh": bool(evaluation.meshes),
        "addresses that memories pay for": bool(evaluation.energy_array[..., ADDRESS].any()),
    }
    for what, there in unexplained.items():
        if there:
            raise UsageError(Problem(f"{what} are not explained yet ({evaluation.arch.name})"))


def _pass_on(evaluation: Evaluation) -> bool:
    """Tell whether neighbours pass words on: whether counts are others where they cannot."""
    arch = evaluation.arch
    if not any(fanout.forwards for fanout in arch.fanouts):
        return False
    nodes = [replace(it, forwards={}) if isinstance(it, Fanout) else it for it in arch.nodes]
    alone = replace(arch, nodes=tuple(nodes))
    found, without = (count(evaluation.layer, its, evaluation.mapping) for its in (arch, alone))
    return any(
        (getattr(found, name) != getattr(without, name)).any()
        for name in ("words", "accesses", "network")
    )


def refuse_conventions(conventions: Conventions) -> None:
    """Refuse other conventions than the default.

    Raises
    ------
    UsageError
    """
    if conventions != Conventions():
        raise UsageError(
            Problem(
                "only counts under the default conventions are explained, and these are counted "
                f"under {conventions}",
                hint="choose another --accounting",
            )
        )


def _check(found: Explanation) -> None:
    """See that the terms add up to what the counter counted."""
    evaluation = found.evaluation
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for link in found.links:
        for term in link.terms:
            sums["words", term.level, link.tensor, term.action] += term.words
            sums["accesses", term.level, link.tensor, term.action] += term.accesses
    tensors = [tensor.name for tensor in evaluation.layer.tensors]
    for kind, counted in (("words", evaluation.words), ("accesses", evaluation.accesses)):
        for i, level in enumerate(evaluation.levels):
            for t, tensor in enumerate(tensors):
                for a, action in enumerate(ACTIONS):
                    explained = sums[kind, level, tensor, action]
                    if explained != counted[i, t, a]:
                        raise AssertionError(
                            f"{kind} of {tensor} at {level}, {action}: explained {explained}, "
                            f"counted {counted[i, t, a]}"
                        )


@dataclass
class _Bill:
    """The terms of a boundary as they are found."""

    evaluation: Evaluation
    boundary: Boundary

    def __post_init__(self) -> None:
        self.layer: Layer = self.evaluation.layer
        self.arch: Architecture = self.evaluation.arch
        self.tensor: Tensor = self.boundary.tensor
        self.terms: list[Term] = []
        self.exact = not self.evaluation.mapping.remainders

    def memory(self, place: Place) -> Memory:
        return memory_at(self.arch, self.layer, place, self.tensor)

    def add(self, part: Memory | Fanout, action: str, count: Count) -> None:
        """Charge a count to a level, unless nothing moves."""
        words, accesses, formula = count
        if not words:
            return
        block, each = 1, 0.0
        if isinstance(part, Fanout) or part.size_bits != 0:
            prices = self.evaluation.prices
            each = expected_energy(prices, part, action, self.tensor, self.layer)
        if isinstance(part, Memory):
            block = block_words(part, self.tensor)
        each *= block
        energy = accesses * each
        finished = self.finished(action)
        if finished:
            energy += finished
            each = energy / accesses
            formula += "; finished ones in their format"
        self.terms.append(Term(part.name, action, words, accesses, each, energy, formula, block))

    def finished(self, action: str) -> float:
        """Return what finished outputs cost here beyond sums under way."""
        if self.tensor is not self.layer.output or self.boundary.parent is not self.arch.places[0]:
            return 0.0
        found = finished_energy(self.evaluation.prices, self.arch, self.layer)
        return found.get("update", 0.0) if action == "update" else 0.0

    def visits(self, united: Iterable[LoopAt]) -> Visits:
        return visits(self.layer, self.boundary, united)

    @property
    def multicasting(self) -> list[Fanout]:
        return [f for f in self.boundary.fanouts if self.tensor.role in f.multicast]

    def united_inside(self, fanout: Fanout | None) -> frozenset[LoopAt]:
        """Return the loops of the multicasting fanouts inside one, or of all between."""
        fanouts = self.boundary.fanouts
        inside = fanouts[fanouts.index(fanout) + 1 :] if fanout else fanouts
        return self.boundary.spatial(f for f in inside if f in self.multicasting)

    def link(self) -> Link:
        layer, boundary = self.layer, self.boundary
        tile = {dim: min(extent, layer.bounds[dim]) for dim, extent in boundary.tile.items()}
        per_rank = []
        for rank in self.tensor.ranks:
            alone = Tensor(rank.name, self.tensor.role, (rank,))
            per_rank.append((rank.name, tile_words(alone, tile, layer.bounds)))
        is_output = self.tensor is layer.output
        whole = tile_words(self.tensor, tile, layer.bounds)
        alone_kinds = _first_and_step(self.visits(()))
        united_kinds = (
            alone_kinds if is_output else _first_and_step(self.visits(self.united_inside(None)))
        )
        child = boundary.child
        return Link(
            boundary=boundary,
            parent=self.memory(boundary.parent).name,
            child=self.memory(child).name if child else self.arch.compute.name,
            tile=tuple(per_rank),
            tile_words=whole,
            new_words=alone_kinds[1],
            sweeps=prod(loop.bound for loop in boundary.sweeps),
            instances=prod(loop.bound for loop in boundary.loops if loop.axis),
            lanes=tuple(self._lanes()),
            united_words=united_kinds[0],
            united_new_words=united_kinds[1],
            terms=tuple(self.terms),
        )

    def _lanes(self) -> Iterable[Lanes]:
        windows = {
            term.dim
            for rank in self.tensor.ranks
            for terms in [signed_terms(rank, self.layer)]
            if len(terms) == 2
            for term in terms
        }
        moving = moving_dims(self.tensor, self.layer)
        for fanout in self.boundary.fanouts:
            united = fanout in self.multicasting
            if self.tensor is self.layer.output:
                united = fanout.reduces
            for loop in self.boundary.loops:
                if loop.node == fanout.name:
                    needs = SAME if loop.dim not in moving else OWN
                    yield Lanes(loop, OVERLAPPING if loop.dim in windows else needs, united)


def _first_and_step(seen: Visits) -> tuple[int, int]:
    """Return the words of the largest visit at a sweep's start, and of the largest further one."""
    kinds = list(seen.kinds())
    first = max(words for words, _, steps in kinds if not steps)
    return first, max((words for words, _, steps in kinds if steps), default=first)


# --- inputs: rules 4 to 6 -------------------------------------------------------------------------


def _count_input(bill: _Bill) -> None:
    boundary = bill.boundary
    parent, child = boundary.parent, boundary.child
    memory = bill.memory(parent)
    every = bill.boundary.spatial(boundary.fanouts)
    at_parent = bill.united_inside(None)
    apart = every - at_parent
    bill.add(memory, "read", _input(bill, memory, at_parent, boundary.outside_parent, apart))
    for fanout in boundary.fanouts:
        united = bill.united_inside(fanout)
        inside = boundary.fanouts[boundary.fanouts.index(fanout) + 1 :]
        below = boundary.outside_parent | (every - boundary.spatial(inside))
        apart = boundary.spatial(inside) - united
        bill.add(fanout, "deliver", _input(bill, None, united, below, apart))
    if child:
        kept = bill.memory(child)
        everywhere = boundary.outside_parent | every
        bill.add(kept, "fill", _input(bill, kept, frozenset(), everywhere, frozenset()))


def _input(
    bill: _Bill,
    memory: Memory | None,
    united: frozenset[LoopAt],
    instances: frozenset[LoopAt],
    apart: frozenset[LoopAt],
) -> Count:
    """Count what the residences need: ``instances`` of who gives or takes it, lanes ``apart``."""
    seen = bill.visits(united)
    block = block_words(memory, bill.tensor) if memory else 1
    words = seen.words
    accesses = seen.accesses(block) if block > 1 else words
    if not bill.exact:
        return words, accesses, _product_of_sums(bill, seen)
    run, first, step = bill.boundary.run, *_first_and_step(seen)
    factors = [
        _factor(prod(loop.bound for loop in instances), "instance" if memory else "lane"),
        _factor(prod(loop.bound for loop in apart), "lane"),
        _factor(
            prod(loop.bound for loop in bill.boundary.sweeps),
            "sweep" if bill.boundary.child else "step",
        ),
    ]
    factors = [factor for factor in factors if factor]
    if run.bound == 1:
        factors.append(_factor(first, "word") or "1 word")
    elif step == first:
        factors += [f"{run.bound:,} residences", _factor(first, "word") or "1 word"]
    else:
        steps = _factor(run.bound - 1, "step") or "1 step"
        swept = f"{_factor(first, 'word') or '1 word'} + {steps} x {step:,} new"
        factors.append(f"({swept})" if factors else swept)
    return words, accesses, " x ".join(factors)


def _factor(count: int, noun: str) -> str:
    """Write a factor with its noun; nothing for a factor of 1."""
    return "" if count == 1 else f"{count:,} {noun}s"


def _product_of_sums(bill: _Bill, seen: Visits) -> str:
    """Write a count with short tiles (rule 10): turns over dims that are lacked x sums by rank."""
    factors = [f"{turns:,} over {dim}" for dim, turns in seen.elsewhere.items()]
    names = [rank.name for rank in bill.tensor.ranks if signed_terms(rank, bill.layer)]
    for name, parts in zip(names, seen.ranks, strict=True):
        terms = [
            f"{part.turns:,} x {part.words:,}" if part.turns > 1 else f"{part.words:,}"
            for part in sorted(parts, key=lambda part: (part.steps, -part.words))
        ]
        shown = " + ".join(terms)
        factors.append(f"({shown}) of {name}" if len(terms) > 1 else f"{shown} of {name}")
    return " x ".join(factors) or "1 word"


# --- outputs: rule 7 ------------------------------------------------------------------------------


def _count_output(bill: _Bill, fresh: int) -> int:
    """Count the boundary of the output; return the words that start from zero at the child."""
    boundary = bill.boundary
    parent, child = boundary.parent, boundary.child
    fanouts = boundary.fanouts
    every = boundary.spatial(fanouts)
    visited = frozenset(boundary.sweeps) | boundary.outside_parent
    unreduced = boundary.spatial(f for f in fanouts if not f.reduces)
    back, updates, drains = (
        _sums(bill, loops) for loops in (visited, visited | unreduced, visited | every)
    )
    memory = bill.memory(parent)
    less = f" - {fresh:,} that start from zero"

    def at(part: Memory, words: int, formula: str) -> Count:
        block = block_words(part, bill.tensor)
        if block == 1 or not words:
            return words, words, formula
        tiles = Visits({}, bill.visits(()).ranks)  # all tiles, each once
        return words, words // tiles.words * tiles.accesses(block), formula

    returned = back[0] - fresh
    bill.add(memory, "read", at(memory, updates[0] - fresh, updates[1] + less))
    bill.add(memory, "first_read", at(memory, fresh, f"{fresh:,} sums that start from zero"))
    bill.add(memory, "update", at(memory, *updates))
    below = drains[0]
    for index in reversed(range(len(fanouts))):
        fanout = fanouts[index]
        rising = _sums(bill, visited | boundary.spatial(fanouts[:index]) | unreduced)
        bill.add(fanout, "deliver", (returned, returned, back[1] + less))
        bill.add(fanout, "collect", (rising[0], rising[0], rising[1]))
        reduced = below - rising[0]
        bill.add(fanout, "reduce", (reduced, reduced, f"{below:,} in - {rising[0]:,} out"))
        below = rising[0]
    if child:
        kept = bill.memory(child)
        bill.add(kept, "fill", at(kept, returned, back[1] + less))
        bill.add(kept, "drain", at(kept, *drains))
    return fresh + drains[0] - back[0]


def _sums(bill: _Bill, loops: Sequence[LoopAt] | frozenset[LoopAt]) -> tuple[int, str]:
    """Return |O| x the existing turns of some loops over each dim that the output lacks."""
    layer, tensor = bill.layer, bill.tensor
    words = layer.tensor_words(tensor)
    formula = f"{words:,} {'sum' if words == 1 else 'sums'}"
    moving = moving_dims(tensor, layer)
    for dim, bound in layer.dims:
        if dim in moving:
            continue
        of_dim = [loop for loop in bill.boundary.loops if loop.dim == dim and loop in loops]
        turns = sum(s.turns for s in spreads(of_dim, frozenset(), Run(), bound, bound))
        words *= turns
        if turns > 1:
            formula += f" x {turns:,} over {dim}"
    return words, formula
