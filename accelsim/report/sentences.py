"""An explained boundary in plain sentences, with the numbers that an architect can redo by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accelsim.explanation.nest import LoopAt, moving_dims
from accelsim.explanation.records import OVERLAPPING, OWN, SAME, Explanation, Lanes, Link, Term
from accelsim.report.quantities import digits, percent, plural
from accelsim.workload.records import Layer


def loops_text(loops: Iterable[LoopAt]) -> str:
    """Write loops with where they stand.

    >>> loops_text([LoopAt("Q", 13, 1, "glb"), LoopAt("M", 2, 8, "glb"), LoopAt("C", 4, 1, "dram")])
    'Q 13 and M 2 at glb, C 4 at dram'
    """
    by_node: dict[str, list[str]] = {}
    for loop in loops:
        by_node.setdefault(loop.node, []).append(f"{loop.dim} {loop.bound}")
    return ", ".join(f"{listed(here)} at {node}" for node, here in by_node.items())


def listed(words: Sequence[str]) -> str:
    """Write a list as a sentence does.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def moves_when(link: Link) -> str:
    """Say in a few words what moves a tile."""
    if link.boundary.child is None:
        return "every step"
    return loops_text(link.boundary.run.loops) or "once"


def link_lines(link: Link, explained: Explanation) -> list[str]:
    """Return the sentences of a boundary, then a line for each of its terms."""
    sums = link.boundary.tensor is explained.evaluation.layer.output
    if link.boundary.child is None:
        said = [_at_compute(link, sums)]
    else:
        said = [_held(link), *_moved(link, sums)]
        said += _moved_again(link, explained.evaluation.layer, sums)
    said += _shared_sums(link) if sums else _shared_words(link)
    return [*said, *(term_line(term, link.tensor, explained) for term in link.terms)]


def _at_compute(link: Link, sums: bool) -> str:
    lanes = "the lane" if link.instances == 1 else f"each of {link.instances:,} lanes"
    does = f"adds to a sum of {link.tensor}" if sums else f"takes a word of {link.tensor} anew"
    steps = plural(link.sweeps, "step")
    return f"The compute keeps nothing: at every step {lanes} {does} ({steps})."


def _held(link: Link) -> str:
    ranks = [f"{name} {words:,}" for name, words in link.tile if words > 1]
    holder = f"Each of {link.instances:,} {link.child}" if link.instances > 1 else link.child
    shape = f" ({' x '.join(ranks)})" if len(ranks) > 1 else ""
    return f"{holder} holds a tile of {plural(link.tile_words, 'word')}{shape}."


def _moved(link: Link, sums: bool) -> list[str]:
    """Say what leaves a tile in place, what closes it, and what starts anew."""
    boundary = link.boundary
    run, stays, sweeps = boundary.run, boundary.stays, boundary.sweeps
    said = []
    if stays:
        turn = "turns" if len(stays) == 1 else "turn"
        index = "does" if len(_dims_of(stays)) == 1 else "do"
        said.append(
            f"It stays while {loops_text(stays)} {turn}:"
            f" {listed(_dims_of(stays))} {index} not index {link.tensor}."
        )
    if not run.loops:
        return [*said, "No loop outside moves it: it is held once, from beginning to end."]
    brings = ""
    if not sums:
        brings = f", each with {plural(link.tile_words, 'word')} to fetch"
        if link.new_words < link.tile_words:
            brings = (
                f"; the window slides, and each further one fetches {link.new_words:,} new of"
                f" {plural(link.tile_words, 'word')}"
            )
    said.append(
        f"{loops_text(run.loops)} closes it: {plural(run.bound, 'residence')} in a sweep{brings}."
    )
    if sweeps:
        said.append(
            f"The loops outside ({loops_text(sweeps)}) make {plural(link.sweeps, 'sweep')}, each"
            " of which starts anew."
        )
    return said


def _moved_again(link: Link, layer: Layer, sums: bool) -> list[str]:
    """Say which loops bring the same words again."""
    moving = moving_dims(link.boundary.tensor, layer)
    again = [loop for loop in link.boundary.sweeps if loop.dim not in moving]
    if not again:
        return []
    index = "does" if len(_dims_of(again)) == 1 else "do"
    what = "sums leave and come back" if sums else "words are fetched again"
    said = f"Of these, {listed(_dims_of(again))} {index} not index {link.tensor}"
    return [f"{said}: at each turn of {loops_text(again)}, the same {what}."]


def _dims_of(loops: Iterable[LoopAt]) -> list[str]:
    return list(dict.fromkeys(loop.dim for loop in loops))


def _dims(lanes: Iterable[Lanes]) -> str:
    return listed(
        [f"{its.loop.dim} {its.loop.bound} ({its.loop.node}.{its.loop.axis})" for its in lanes]
    )


NEEDS = {
    SAME: "want the same words",
    OWN: "want words of their own",
    OVERLAPPING: "want windows that overlap",
}


def _shared_words(link: Link) -> list[str]:
    if not link.lanes:
        return []
    parts = []
    for needs, words in NEEDS.items():
        found = [its for its in link.lanes if its.needs == needs]
        if found:
            parts.append(f"over {_dims(found)} {words}")
    said = f"Lanes {'; '.join(parts)}."
    apart = [its for its in link.lanes if not its.united]
    if apart:
        said += f" Without multicast, those over {_dims(apart)} read apart."
    reads, delivered = link.words("read"), arrivals(link)
    if reads and delivered > reads:
        said += f" One word read serves {digits(delivered / reads)} lanes on average (multicast)."
    return [said]


def _shared_sums(link: Link) -> list[str]:
    adding = [its for its in link.lanes if its.needs == SAME]
    said = []
    reducing = [its for its in adding if its.united]
    apart = [its for its in adding if not its.united]
    if reducing:
        said.append(
            f"Lanes over {_dims(reducing)} add to the same sums, and the array adds them up on the"
            " way (spatial reduction)."
        )
    if apart:
        said.append(
            f"Lanes over {_dims(apart)} add to the same sums, but nothing adds them up on the way:"
            f" {link.parent} reads, adds and writes for each."
        )
    return said


def arrivals(link: Link) -> int:
    """Return the words that arrive at the lanes: at the innermost network between the two."""
    delivered = [term.words for term in link.terms if term.action == "deliver"]
    return delivered[-1] if delivered else link.words("read")


def term_line(term: Term, tensor: str, explained: Explanation) -> str:
    """Write one term: what it counts, the formula with its numbers, the price, the energy."""
    unit = explained.evaluation.energy_unit
    what = f"{VERBS[term.action]} of {tensor} at {term.level}" if tensor else VERBS[term.action]
    counted = f"{what} = {term.formula}"
    if " x " in term.formula or " - " in term.formula:
        counted += f" = {term.words:,}"
    if term.block > 1:
        counted += f", in {term.accesses:,} blocks of {term.block}"
    if not term.energy:
        return f"  {counted}; free"
    priced = f"x {term.energy_each:.6g} {unit} = {amount(term.energy)} {unit}"
    return f"  {counted}; {priced}, {share(term.energy, explained)}"


VERBS = {
    "read": "reads",
    "first_read": "first reads",
    "update": "updates",
    "fill": "fills",
    "drain": "drains",
    "deliver": "deliveries",
    "collect": "collections",
    "reduce": "reductions",
    "mac": "multiply-accumulates",
    "alu": "operations",
}
"""The actions as nouns."""


def amount(energy: float) -> str:
    """Write an energy so that a sum can be checked.

    >>> amount(14376960.0), amount(0.25)
    ('14,376,960', '0.25')
    """
    return f"{energy:,.0f}" if abs(energy) >= 1000 else f"{energy:.4g}"


def share(energy: float, explained: Explanation) -> str:
    """Write an energy as a share of the whole."""
    return percent(energy / (explained.energy or 1.0))
