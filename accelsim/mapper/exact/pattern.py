"""What each place keeps, and the prices of the boundaries that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from accelsim.counter.filling import tensor_words
from accelsim.counter.layout import (
    COLLECTIONS,
    DELIVERIES,
    DRAINS,
    FILLS,
    FIRST_READS,
    READS,
    REDUCTIONS,
    UPDATES,
)
from accelsim.evaluation.prices import Floats
from accelsim.jit import kernel
from accelsim.kept import kept
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.exact.lattice import Points
from accelsim.mapping.arrays import Ints

Keep = tuple[int, ...]
"""``[place]``: mask of tensors."""


@kept
def keep_choices(problem: MappingProblem) -> list[list[int]]:
    """Return ``[place]``: every mask of tensors that it may keep."""
    arrays = problem.space.arrays
    choices = []
    for must, may in zip(arrays.keep_must.tolist(), arrays.keep_may.tolist(), strict=True):
        choices.append([m for m in range(may + 1) if m & must == must and m & ~may == 0])
    return choices


def patterns(problem: MappingProblem) -> Iterator[Keep]:
    """Yield every choice of what each place keeps."""
    return product(*keep_choices(problem))


@kernel
def fill_pattern(
    store: Points, kept: Ints, place_block: Ints, place_memory: Ints, place_energy: Floats,
    fanout_energy: Floats, port_bits: Floats, wire_bits: Floats, finished_bits: float,
) -> bool:  # fmt: skip
    """Write a choice of what is kept into the record of a search, and prices with it.

    ``kept[place]`` is a mask of tensors; the others are arrays of the machine and its prices.
    Returns False if some tensor is not kept by the outermost place.
    """
    s = store[0]
    n, output = s.n_nodes, s.output
    for v in range(n):
        s.kept[v] = kept[s.place[v]] if s.place[v] >= 0 else 0
    if s.kept[n - 1] != (1 << s.n_tensors) - 1:
        return False
    for tensor in range(s.n_tensors):
        write_boundaries(s, tensor, place_block)
    s.products = 0
    for tensor in range(s.n_tensors):
        blocks = 1
        for row in range(n):
            blocks = max(blocks, s.parent_block[row, tensor], s.child_block[row, tensor])
        if s.joined[tensor] == 0 and blocks == 1:
            s.products |= 1 << tensor
    for pos in range(n + 1):
        s.crossing[pos] = 0
        for tensor in range(s.n_tensors):
            s.crossing[pos] |= s.ahead[pos, tensor]
        last = s.parent[s.current[pos, output], output]
        s.sums_ahead[pos] = most_sharing(s, output, pos, last, False)
    for sheet in range(s.n_sheets):
        clear_prices(s, sheet)
    write_energies(s, place_energy, fanout_energy)
    write_settled(s)
    write_passed(s)
    for sheet in range(1, s.n_sheets):
        write_bits(s, sheet, place_memory, port_bits, wire_bits, finished_bits)
    return True


@kernel
def write_boundaries(s: np.record, tensor: int, place_block: Ints) -> None:
    """Write between which nodes the words of a tensor move."""
    n, row = s.n_nodes, 0
    for v in range(n + 1):
        s.parent_block[v, tensor] = s.child_block[v, tensor] = 1
    for v in range(n):
        if (s.kept[v] >> tensor) & 1 == 0:
            continue
        s.parent[row, tensor] = v
        s.parent_block[row, tensor] = place_block[s.place[v], tensor]
        s.child_block[row, tensor] = place_block[s.place[row - 1], tensor] if row > 0 else 1
        row = v + 1
    row = 0
    for pos in range(n + 1):
        if 0 < pos < n and (s.kept[pos - 1] >> tensor) & 1 == 1:
            row = pos
        if pos == n:  # beyond the outermost place nothing is open
            row = 0
        s.current[pos, tensor] = row
        s.ahead[pos, tensor] = 0
        for v in range(pos, s.parent[row, tensor]):
            if s.place[v] < 0:
                s.ahead[pos, tensor] = 1
        reduced = tensor == s.output
        s.lanes_ahead[pos, tensor] = most_sharing(s, tensor, pos, s.parent[row, tensor], reduced)


@kernel
def most_sharing(s: np.record, tensor: int, first: int, last: int, reduced: bool) -> float:
    """Return the most lanes of nodes ``first:last`` that share a word of a tensor.

    Fanouts of one array have no more lanes together than it has.  If ``reduced``, only those of
    fanouts that reduce sums count.
    """
    product = 1.0
    for v in range(first, last):
        if s.place[v] < 0 and s.mesh_column[v] < 0 and (not reduced or s.reduces[v] == 1):
            product *= s.most_shared[v, tensor]
    for array in range(s.n_mesh):
        lanes = 1.0
        for v in range(first, last):
            if s.mesh_column[v] == array and (not reduced or s.reduces[v] == 1):
                lanes *= s.most_shared[v, tensor]
        product *= min(lanes, float(s.mesh[array, 0] * s.mesh[array, 1]))
    return product


@kernel
def clear_prices(s: np.record, sheet: int) -> None:
    """Set all prices of a sheet to 0."""
    for row in range(s.n_nodes + 1):
        s.drain[sheet, row] = s.update[sheet, row] = 0.0
        s.credit[sheet, row] = s.back[sheet, row] = s.beta[row] = 0.0
        for tensor in range(s.n_tensors):
            s.fill_price[sheet, row, tensor] = s.read[sheet, row, tensor] = 0.0
    for v in range(s.n_nodes):
        s.collect[sheet, v] = s.reduce[sheet, v] = 0.0
        for tensor in range(s.n_tensors):
            s.deliver[sheet, v, tensor] = 0.0
    s.start_cost[sheet] = s.sheet_credit[sheet] = 0.0


Limit = tuple[int, tuple[tuple[int, int], ...]]
"""The most that tiles may take together, and of which (tensor, what each word takes)."""


class Fits:
    """Which tiles fit where, by what is kept; equal limits have one row of the tables.

    Attributes
    ----------
    place : ``[node]``; -1 for a fanout
    limit : ``[memory]``: bits for the tiles of all places but the outermost; -1 is unlimited
    rows : dict of (node, mask of tensors) to row of the tables; None if no tile fits
    """

    def __init__(self, s: np.void, points: Points, problem: MappingProblem, first_row: int) -> None:
        self.place: list[int] = s["place"][: s["n_nodes"]].tolist()
        self.words = [points["words"][:, t] for t in range(s["n_tensors"])]
        self.limit, self.whole_fits = what_is_left(problem)
        self.rows: dict[tuple[int, int], int | None] = {}
        self.first_row = first_row
        self._tile_max = problem.space.arrays.tile_max.tolist()
        self._held = self._by_memory(problem)
        self._users = self._able_to_share()
        self._placed = s["fits"]
        self._sizes: dict[tuple[int, int], Floats] = {}
        self._within: dict[Limit, npt.NDArray[np.bool_]] = {}
        self._row_of_limits: dict[tuple[Limit, ...], int] = {}

    def _by_memory(self, problem: MappingProblem) -> list[dict[int, list[tuple[int, int]]]]:
        """Return ``[node]``: (tensor, bits of a word) of its tiles, by memory of limited size.

        None of the outermost place: they are no part of :attr:`limit`.
        """
        memories, bits = problem.machine.place_memory.tolist(), problem.machine.place_bits.tolist()
        held: list[dict[int, list[tuple[int, int]]]] = [{} for _ in self.place]
        for place, its in zip(self.place[:-1], held, strict=False):
            for t, memory in enumerate(memories[place] if place >= 0 else ()):
                if memory >= 0 and self.limit[memory] >= 0:
                    its.setdefault(memory, []).append((t, bits[place][t]))
        return held

    def _able_to_share(self) -> dict[int, list[tuple[int, int]]]:
        """Return (node, mask of the tensors there) by memory of limited size, if there are more."""
        users: dict[int, list[tuple[int, int]]] = {}
        for node, held in enumerate(self._held):
            for memory, its in held.items():
                users.setdefault(memory, []).append((node, sum(1 << t for t, _ in its)))
        return {memory: nodes for memory, nodes in sorted(users.items()) if len(nodes) > 1}

    @property
    def most_shared(self) -> int:
        """Pairs that :meth:`shared` returns at most."""
        return len(self._users) * len(self.place)

    def shared(self, kept: list[int]) -> list[tuple[int, int]]:
        """Return (memory, node) of every memory of limited size that several places share."""
        return [
            (memory, v)
            for memory, nodes in self._users.items()
            if sum(kept[node] & mask != 0 for node, mask in nodes) > 1
            for v in range(len(self.place))
        ]

    def used_bits(self, node: int, kept: int, memory: int) -> Floats | float:
        """Return ``[point]``: bits that the kept tiles of a place take of a shared memory."""
        of = of_mask(self._held[node].get(memory, []), kept)
        return self._taken(of) if of else 0.0

    def _taken(self, of: tuple[tuple[int, int], ...]) -> Floats:
        """Return ``[point]``: what tiles take together, by (tensor, what each word takes)."""
        for t, each in of:
            if (t, each) not in self._sizes:
                self._sizes[t, each] = self.words[t] * each
        first, *others = (self._sizes[pair] for pair in of)
        return sum(others, start=first)

    def place_rows(self, kept: list[int]) -> bool:
        """Say in which row it stands what fits at each place (0 for fanouts).

        ``kept[node]`` is a mask of tensors.  Returns False if some tile never fits.
        """
        if not self.whole_fits:
            return False
        found = [0] * len(self.place)
        for node, place in enumerate(self.place):
            if place >= 0:
                row = self._row(node, kept[node])
                if row is None:
                    return False
                found[node] = row
        self._placed[: len(found)] = found
        return True

    def _row(self, node: int, kept: int) -> int | None:
        """Return the row of what a place keeps; None if not even the smallest tiles fit."""
        key = node, kept
        if key not in self.rows:
            limits, known = self._limits(node, kept), self._row_of_limits
            for most, of in limits:
                if (most, of) not in self._within:
                    self._within[most, of] = self._taken(of) <= most
            fit = all(self._within[limit][0] for limit in limits)
            self.rows[key] = known.setdefault(limits, self.first_row + len(known)) if fit else None
        return self.rows[key]

    def _limits(self, node: int, kept: int) -> tuple[Limit, ...]:
        """Return what limits the kept tiles of a place: that of each alone, and their memories."""
        alone = enumerate(self._tile_max[self.place[node]])
        limits: list[Limit] = [
            (most, ((t, 1),)) for t, most in alone if most >= 0 and kept >> t & 1
        ]
        for memory, its in self._held[node].items():
            of = of_mask(its, kept)
            if of:
                limits.append((self.limit[memory], of))
        return tuple(limits)

    def write(self, tables: Floats) -> None:
        """Write all rows that were asked for: 1 where tiles fit, else 0."""
        for limits, row in self._row_of_limits.items():
            fits: npt.NDArray[np.bool_] | bool = True
            for limit in limits:
                fits = fits & self._within[limit]
            tables[row] = fits


def what_is_left(problem: MappingProblem) -> tuple[list[int], bool]:
    """Return what the outermost place leaves of each memory (-1: unlimited), and whether it fits.

    What that place keeps, it keeps whole, whatever the mapping.
    """
    machine = problem.machine
    left: list[int] = machine.memory_bits.tolist()
    limited = [memory for memory, bits in enumerate(left) if bits >= 0]
    held = [(t, m) for t, m in enumerate(machine.place_memory[0].tolist()) if m in limited]
    words = tensor_words(problem.layer_arrays) if held else []
    for t, memory in held:
        left[memory] -= int(machine.place_bits[0, t]) * words[t]
    fits = all(left[memory] >= 0 for memory in limited)
    return [max(bits, 0) if m in limited else bits for m, bits in enumerate(left)], fits


def of_mask(its: list[tuple[int, int]], kept: int) -> tuple[tuple[int, int], ...]:
    """Return those pairs whose tensor is in a mask."""
    return tuple(pair for pair in its if kept >> pair[0] & 1)


@kernel
def write_energies(s: np.record, place_energy: Floats, fanout_energy: Floats) -> None:
    """Write sheet 0.

    A word that starts from zero at a parent is not read there (but for what a first read costs),
    not sent back across the boundary, and starts from zero further in as well: ``beta`` is what it
    saves at one boundary, ``credit`` at all further in.
    """
    output, outermost = s.output, s.n_nodes - 1
    for v in range(s.n_nodes):
        if s.fanout[v] >= 0:
            for tensor in range(s.n_tensors):
                s.deliver[0, v, tensor] = fanout_energy[s.fanout[v], tensor, DELIVERIES]
            s.collect[0, v] = fanout_energy[s.fanout[v], output, COLLECTIONS]
            s.reduce[0, v] = fanout_energy[s.fanout[v], output, REDUCTIONS]
    saved = 0.0
    for tensor in range(s.n_tensors):
        row = 0
        while True:
            outer = s.place[s.parent[row, tensor]]
            s.read[0, row, tensor] = place_energy[outer, tensor, READS]
            if row > 0:
                s.fill_price[0, row, tensor] = place_energy[s.place[row - 1], tensor, FILLS]
            if tensor == output:
                s.update[0, row] = place_energy[outer, tensor, UPDATES]
                if row > 0:
                    s.drain[0, row] = place_energy[s.place[row - 1], tensor, DRAINS]
                s.credit[0, row] = saved
                s.back[0, row] = s.fill_price[0, row, tensor]
                for v in range(row, s.parent[row, tensor]):
                    s.back[0, row] += s.deliver[0, v, tensor]
                first = place_energy[outer, tensor, FIRST_READS]
                s.beta[row] = s.read[0, row, tensor] - first + s.back[0, row]
                saved += s.beta[row]
            if s.parent[row, tensor] == outermost:
                break
            row = s.parent[row, tensor] + 1
    s.start_cost[0] = s.operations * s.operation_energy - s.output_words * saved


@kernel
def write_settled(s: np.record) -> None:
    """Write from where outward no boundary of the output may be credited more than it costs.

    Of the words drained at a boundary, lanes up to its parent may turn a share 1 - 1/R into fresh
    starts further in, each worth ``credit``, R at most all lanes over sums; each word costs its
    drain at least, and what is not reduced on the way (as in ``weigh_output``) is read and updated.
    Where that is not below zero for all boundaries further out, what is spent inside stays spent.
    """
    output = s.output
    for pos in range(s.n_nodes + 1):
        s.settled[pos] = 1
        row = s.current[pos, output]
        saves = s.back[0, row] + s.credit[0, row] < 0.0
        s.visits_save[pos] = 1 if saves and s.ahead[pos, output] == 1 else 0
    for row in range(s.n_nodes):
        if s.current[row, output] != row:
            continue
        share = 1.0 / s.lanes_ahead[row, output]
        taken = s.read[0, row, output] + s.update[0, row]
        for v in range(row, s.parent[row, output]):
            if s.fanout[v] >= 0 and s.reduces[v] == 1:
                taken = min(taken, s.reduce[0, v] * (1.0 - share) + taken * share)
        credited = s.credit[0, row] * (1.0 - 1.0 / s.sums_ahead[row])
        if s.drain[0, row] + taken < credited:
            for pos in range(row):
                s.settled[pos] = 0


@kernel
def write_passed(s: np.record) -> None:
    """Write over which dims a place that keeps nothing needs no loops (masks of dims).

    They may as well stand at the next place further out.

    Proof, if no fanout stands between.  Nothing is kept between the loops of such a place and those
    of the next one outward, so that they make one block, which may stand at the latter, but for
    dims that loop in both: of two loops over a dim the outer one, of bound n, moves inward to the
    other.  Tensors that the dim is relevant to move there at the latest: as many fetches, of the
    same tiles, in a run over the dim that is n times as long if it began there (others ended there
    before, too).  Of the others, those that have moved further in, or not even at the outer loop,
    do not notice; those that move between the two do so n times less often, in runs that began
    there and now end no earlier.  So no count rises, and no cost of an input or bits of a port, nor
    that of the output: at no boundary is it credited more than it costs (``settled``), and each
    boundary's cost falls by a factor or stays.  Limits on loops do not let loops move: both blocks
    must be without (``free``).

    Past fanouts loops may move, too, if no tensor joins dims: then lanes share and reduce words by
    their number over each dim (rules 4 to 7), wherever they stand among the loops, which keep their
    order.  If tensors do, lanes over a joined dim stand as far apart as loops inside them reach;
    loops over other dims still move, but out of the order of those that stay, so that this must not
    matter: it does not where nothing is kept so far, since all that the compute uses moves at every
    step.
    """
    every, joined, nothing = (1 << s.n_dims) - 1, 0, 1
    for tensor in range(s.n_tensors):
        joined |= s.joined[tensor]
    for node in range(s.n_nodes - 1):
        s.passed[node] = 0
        if s.place[node] < 0:
            continue
        nothing &= 1 if s.kept[node] == 0 else 0
        if s.kept[node] != 0 or s.free[node] == 0 or s.settled[0] == 0:
            continue
        outer = node + 1
        while s.place[outer] < 0:
            outer += 1
        if s.free[outer] == 0:
            continue
        if outer == node + 1 or joined == 0:
            s.passed[node] = every
        elif nothing == 1:
            s.passed[node] = every & ~joined
    s.passed[s.n_nodes - 1] = 0


@kernel
def write_bits(
    s: np.record, k: int, place_memory: Ints, port_bits: Floats, wire_bits: Floats,
    finished_bits: float,
) -> None:  # fmt: skip
    """Write the sheet of a port or network: bits of every word that passes it.

    All sums go back to the first lane of a group (rule 17), so that every visit but the first
    counts there; the first visits are taken off at the end (``sheet_credit``), and so is what
    finished outputs take less than sums under way.
    """
    memory, network, outermost = s.sheet_memory[k], s.sheet_node[k], s.n_nodes - 1
    credited = 0.0
    for tensor in range(s.n_tensors):
        row, passes = 0, s.sheet_passes[k, tensor]
        while True:
            parent = s.parent[row, tensor]
            if memory < 0 and row <= network < parent:
                wire = wire_bits[s.fanout[network], tensor]
                s.deliver[k, network, tensor] = wire
                if tensor == s.output:
                    s.collect[k, network] = s.back[k, row] = wire
                    credited += wire
            if memory >= 0 and place_memory[s.place[parent], tensor] == memory:
                bits = port_bits[s.place[parent], tensor]
                s.read[k, row, tensor] += bits[READS] * passes[READS]
                if tensor == s.output:
                    s.update[k, row] += bits[UPDATES] * passes[UPDATES]
                    credited += bits[READS] * passes[READS]
            if memory >= 0 and row > 0 and place_memory[s.place[row - 1], tensor] == memory:
                bits = port_bits[s.place[row - 1], tensor]
                if tensor == s.output:
                    s.drain[k, row] += bits[DRAINS] * passes[DRAINS] + bits[FILLS] * passes[FILLS]
                    credited += bits[FILLS] * passes[FILLS]
                else:
                    s.fill_price[k, row, tensor] += bits[FILLS] * passes[FILLS]
            if parent == outermost:
                break
            row = parent + 1
    if memory >= 0 and place_memory[s.place[outermost], s.output] == memory:
        credited += finished_bits * s.sheet_passes[k, s.output, UPDATES]
    s.sheet_credit[k] = credited * s.output_words
