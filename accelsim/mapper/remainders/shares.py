"""How much less a mapping with remainders can cost than its padded twin, and why.

The twin has the same loops over padded bounds D' >= D, all positions existing.  Let share = the
product of D / D' over all dims.  What is proved is energy >= share x the twin's - a little, and the
same of cycles, count by count (the rules are those of ``docs/model.md``):

**Turns.**  The turns of any loops of a dim that have a position are at least D / D' of all: they
are the images of the D positions, and each turn is the image of D' / turns positions of the twin.
Of the turns in which some digits are 0 the same holds, since no value of a digit is met more often
than 0: so of the busiest instance, the first, and of the steps.

**Inputs** (rules 4 and 10) multiply turns over dims that the tensor lacks with, for each rank, the
sum over its dims' turns of the words found.  One term: the sum is the number of positions.  Two
terms u*a + v*b: let g(n) be the words found in the first n of the N positions of ``a`` that a step
covers, those of ``b`` held fixed.  The twin finds g(N) at each of its turns, the mapping g(n) at
turns whose n add up to D, so that g(n) / n >= g(N) / N is enough.  With v = 1 and the positions of
both dims end to end, ``b`` contributes runs of B words:

- Whole tiles: g(n) = B + (n - 1) * min(B, u).
- Strips of a run over ``a``, of tiles A long, s words back: no two words of the tile coincide if
  B <= u, and g is linear; else tile and strip are runs, the strips of neighbouring lanes touch, and
  g(n) = u*n plus a constant that is not negative.
- Strips of a run over ``b``: within a tile of m positions, position x loses what x + j had before,
  for the one or two j that reach it, if x + j < m.  That is a loss of max(0, m - j) times a
  constant, so that g is concave; further lanes add at most what the first adds, and of a short lane
  at least its part of that (``tests/mapper/test_remainder_shares.py`` lists all small cases).

A sweep's start finds no less than a further step, and comes first.  Then the same with a and b
exchanged, if both are padded, which needs u = 1.  Where positions do not lie end to end, or v > 1,
there are counterexamples (7 of 8 rows, dilation 3, lanes at every other pair: 12 words, the twin
14): such dims are not padded (:func:`accelsim.mapper.remainders.padding.paddable`), and such lanes
are not in the space that the certificate speaks of.

**Outputs** (rule 7).  U_c, U_c*K and what leaves each fanout upward are turns times |O|, but sums
come back U_c - Z_p times, and Z_p = |O| + the sum of U*(K-1) over the boundaries further out keeps
no share.  Written by U and U*K, energy has negative terms only in |O| and, perhaps, in U*K, where
every return further in costs more than leaving and reducing, and in what leaves a fanout, where
reducing costs more than updating.  :func:`relaxed` lowers the prices of returns and reductions
until there is none; |O| then is owed once for every price of a return, and only for its part
1 - (share of the dims that it lacks).  Of an instance, the busiest, all but its first visit return:
the same is owed to its port.  What finished outputs cost less than sums under way is a multiple of
|O| too: of energy it is spread over operations, of which the twin's share is the layer's number; to
the port it is owed.

**Blocks** round up, so that a short tile may save none: :func:`relaxed` prices words.
**Cycles** round up: one cycle of the twin may be due to that.
**Leakage** is cycles, operations are what they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from accelsim.evaluation.prices import Floats
from accelsim.mapper.contract import MappingProblem
from accelsim.mapper.objectives import Objective
from accelsim.mapper.remainders.padding import Padding
from accelsim.technology.records import FANOUT_ACTIONS, MEMORY_ACTIONS

READ, FIRST_READ, UPDATE, FILL, DRAIN = map(
    MEMORY_ACTIONS.index, ("read", "first_read", "update", "fill", "drain")
)
DELIVER, COLLECT, REDUCE = map(FANOUT_ACTIONS.index, ("deliver", "collect", "reduce"))

ROUNDING = 1e-9
"""Of figures, relatively: sums of the same terms in another order differ by much less."""


def relaxed(problem: MappingProblem) -> MappingProblem:
    """Return the problem at prices, none of them higher, at which every term keeps its share."""
    prices, machine, output = problem.price_arrays, problem.machine, problem.layer_arrays.output
    places = prices.place_energy / machine.place_block[:, :, None]
    fanouts = prices.fanout_energy.copy()
    lower_sums(problem, places[:, output], fanouts[:, output])
    machine = machine._replace(place_block=np.ones_like(machine.place_block))
    return replace(
        problem,
        space=replace(problem.space, machine=machine),
        price_arrays=prices._replace(place_energy=places, fanout_energy=fanouts),
    )


def lower_sums(problem: MappingProblem, places: Floats, fanouts: Floats) -> None:
    """Lower the prices of sums until none is dearer to return, or to reduce, than to pass on.

    Parameters
    ----------
    places : float64[place, action]
        Changed: the output's prices of a word.
    fanouts : float64[fanout, action]
        Changed.
    """
    machine = problem.machine
    holds = holders(problem)
    outside = [int((machine.fanout_inside <= p).sum()) for p in range(len(places))]
    places[:, FIRST_READ] = np.minimum(places[:, FIRST_READ], places[:, READ])
    for f in range(len(fanouts)):
        above = [places[p, UPDATE] for p in holds if outside[p] <= f]
        above += [fanouts[f - 1, REDUCE]] if f else []
        fanouts[f, REDUCE] = min(fanouts[f, REDUCE], fanouts[f, COLLECT] + min(above))
    for c in holds:
        if not outside[c]:
            continue
        parents = [p for p in holds if p >= c]
        nearest = outside[c] - 1
        up = places[c, DRAIN] + fanouts[nearest, REDUCE if machine.reduces[nearest] else COLLECT]
        down = (
            (places[parents, READ] - places[parents, FIRST_READ]).sum()
            + places[parents[1:], FILL].sum()
            + fanouts[outside[c] :, DELIVER].sum()
        )
        if down > up:
            places[np.ix_(parents, [READ, FIRST_READ])] *= up / down
            places[parents[1:], FILL] *= up / down
            fanouts[outside[c] :, DELIVER] *= up / down


def holders(problem: MappingProblem) -> list[int]:
    """Return the places that may keep the output."""
    output = problem.layer_arrays.output
    return [p for p, may in enumerate(problem.space.arrays.keep_may) if int(may) >> output & 1]


@dataclass(frozen=True, slots=True)
class Share:
    """What mappings of one padding cost at least, by what their twins do.

    Attributes
    ----------
    share : float
        Operations of the layer / those of the padded one.
    energy_owed, cycles_owed : float
        A mapping's energy is at least share x its twin's - ``energy_owed``; cycles likewise.
    twin_energy, twin_cycles : float
        No twin has less.
    """

    share: float
    energy_owed: float
    cycles_owed: float
    twin_energy: float
    twin_cycles: float

    def least(self, objective: Objective, figure: float) -> float:
        """Return what no mapping's figure is below if no twin's is below ``figure``."""
        powers = objective.energy_power, objective.cycles_power
        if powers == (1, 0):
            return self.share * figure - self.energy_owed
        if powers == (0, 1):  # whole cycles, at least one
            least = np.ceil(self.share * figure * (1.0 - ROUNDING) - self.cycles_owed)
            return max(1.0, float(least))
        return figure * self._factor(*powers)

    def enough(self, objective: Objective, figure: float) -> float:
        """Return what no twin's figure may be below, that no mapping's be below ``figure``."""
        powers = objective.energy_power, objective.cycles_power
        if powers == (1, 0):
            return (figure + self.energy_owed) / self.share
        if powers == (0, 1):
            return (figure - 1.0 + self.cycles_owed) / self.share * (1.0 + 3.0 * ROUNDING)
        factor = self._factor(*powers)
        return figure / factor if factor > 0.0 else np.inf

    def _factor(self, energy_power: int, cycles_power: int) -> float:
        energy = self._part(self.energy_owed, self.twin_energy)
        cycles = self._part(self.cycles_owed, self.twin_cycles)
        return float(energy**energy_power * cycles**cycles_power)

    def _part(self, owed: float, twin: float) -> float:
        """Return what part of any twin's cost is left if no twin costs less than ``twin``."""
        if owed == 0.0:
            return self.share
        return max(0.0, self.share - owed / twin) if twin > 0.0 else 0.0


def share_of(twin: MappingProblem, padding: Padding, output_words: int) -> Share:
    """Return what the mappings of one padding cost at least.

    Parameters
    ----------
    twin : the padded problem, relaxed
    output_words : of the layer itself
    """
    prices, machine, output = twin.price_arrays, twin.machine, twin.layer_arrays.output
    lost = output_words * (1.0 - padding.share_summed)
    holds = holders(twin)
    energy = prices.place_energy[:, output]
    returns = float(
        (energy[holds, READ] - energy[holds, FIRST_READ]).sum()
        + energy[holds[1:], FILL].sum()
        + prices.fanout_energy[:, output, DELIVER].sum()
    )
    late, rounded = _late(twin, lost)
    cycles_owed = late + padding.share * rounded
    operations = float(twin.layer.operations)
    lanes = float(np.prod(machine.array_mesh, dtype=np.float64))
    return Share(
        share=padding.share,
        energy_owed=returns * lost + prices.leakage * cycles_owed,
        cycles_owed=cycles_owed,
        twin_energy=operations * prices.operation_energy,
        twin_cycles=operations / (lanes * prices.operations_per_cycle),
    )


def _late(twin: MappingProblem, words: float) -> tuple[float, int]:
    """Return the cycles in which ports pass ``words`` for every return, and the sums rounded up."""
    prices, output = twin.price_arrays, twin.layer_arrays.output
    places = twin.machine.place_memory[:, output]
    wires = prices.wire_bits[:, output]
    hidden = [
        words * bits / width for bits, width in zip(wires, prices.fanout_bits, strict=True) if width
    ]
    waiting: list[float] = []
    for m, overlaps in enumerate(prices.overlaps):
        widths = [w[m] for w in (prices.read_bits, prices.write_bits, prices.shared_bits) if w[m]]
        widths += [*prices.port_width[prices.port_memory == m]]
        if widths:  # reads of what is kept there, fills of the same
            bits = float(prices.port_bits[places == m, output].max(initial=0.0))
            late = 2 * int((places[holders(twin)] == m).sum()) * words * bits / min(widths)
            if places[0] == m:
                late += words * max(0.0, prices.finished_bits) / min(widths)
            (hidden if overlaps else waiting).append(late)
    rounded = bool(hidden) or prices.operations_per_cycle != 1.0
    return float(max(hidden, default=0.0) + sum(waiting)), len(waiting) + rounded
