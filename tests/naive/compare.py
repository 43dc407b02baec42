"""Where the counter and its twin differ, number by number."""

from __future__ import annotations

from collections.abc import Callable

from accelsim.arch.records import Architecture
from accelsim.counter import Conventions, Counts
from accelsim.mapping.records import Mapping
from accelsim.workload.records import Layer
from tests.naive.cases import Case
from tests.naive.nest import held_bits
from tests.naive.walk import Walk, walk

WORD_ACTIONS = ("READS", "FIRST_READS", "UPDATES", "FILLS", "DRAINS")
NETWORK_ACTIONS = ("DELIVERIES", "COLLECTIONS", "REDUCTIONS")


def assert_equal(
    case: Case,
    count: Callable[[Layer, Architecture, Mapping, Conventions], Counts],
    conventions: Conventions = Conventions(),  # noqa: B008
) -> None:
    """See that a counter and the walk agree on every number of a case."""
    walked = walk(
        case.layer,
        case.architecture,
        case.mapping,
        window_reuse=conventions.reuse == "window",
        multicast=conventions.multicast != "none",
        alike_only=conventions.multicast == "equal",
    )
    counted = count(case.layer, case.architecture, case.mapping, conventions)
    found = differences(case, walked, counted)
    assert not found, f"{case}\n" + "\n".join(found)


def differences(case: Case, walked: Walk, counted: Counts) -> list[str]:
    """Return a line for each number in which the two disagree; every number is compared."""
    found: list[str] = []

    def check(what: tuple[str, ...], walk: int, count: int) -> None:
        if walk != count:
            found.append(f"{' '.join(what)}: walked {walk}, counted {count}")

    if counted.violation:
        found.append(f"refused: {counted.violation!r}")
    machine, tensors = case.architecture, [tensor.name for tensor in case.layer.tensors]
    places = [place.name for place in machine.places]
    for c, child in enumerate([*places, machine.compute.name]):
        check((child, "instances"), walked.instances[child], int(counted.instances[c]))
        for t, tensor in enumerate(tensors):
            for a, action in enumerate(WORD_ACTIONS):
                key = (child, tensor, action)
                check(key, walked.words[key], int(counted.words[c, t, a]))
                check((*key, "blocks"), walked.accesses[key], int(counted.accesses[c, t, a]))
    for p, place in enumerate(places):
        for t, tensor in enumerate(tensors):
            walk = walked.tile_words.get((place, tensor), 0)
            check((place, tensor, "tile"), walk, int(counted.tile_words[p, t]))
    for f, fanout in enumerate(machine.fanouts):
        for t, tensor in enumerate(tensors):
            for a, action in enumerate(NETWORK_ACTIONS):
                key = (fanout.name, tensor, action)
                check(key, walked.network[key], int(counted.network[f, t, a]))
    for m, memory in enumerate(machine.memories):
        bits = sum(
            walked.tile_words.get((place.name, tensor.name), 0) * held_bits(memory, tensor)
            for place in machine.places
            for tensor in case.layer.tensors
            if any(h.memory == memory.name and tensor.role in h.roles for h in place.holdings)
        )
        check((memory.name, "bits"), bits, int(counted.memory_bits[m]))
    check(("steps",), walked.steps, counted.steps)
    return found
