"""A machine and a layer so small that every number of a result can be counted by hand.

The machine: a DRAM, a buffer that must keep everything, an array of two lanes, multipliers.  The
layer: a fully connected one, Outputs[M] += Weights[M, C] * Inputs[C] with M = 2 and C = 2, four
MACs.  Prices: DRAM 100, buffer 10, array 1 for each action, MAC 1.

DRAM, under any mapping that does not stand loops over it twice: reads 4 weights and 2 inputs and
takes 2 sums: 400 + 200 + 200 = 800.  The buffer takes in 4 weights and 2 inputs and gives out 2
finished sums: 8 accesses, 80.

``outputs`` spreads M over the lanes and steps through C:

- each step feeds each lane its own weight and both lanes the same input: the buffer reads 4 weights
  and 2 inputs; 4 weights and 4 inputs are delivered;
- a lane writes its sum back at each step and reads it back at the second: the buffer takes 4
  updates and 2 reads; 4 sums are collected, 2 delivered;
- buffer 80 + 10 * (4 + 2 + 4 + 2) = 200; array 4 + 4 + 4 + 2 = 14; MAC 4; total 1018;
- 2 cycles, both lanes busy.

``inputs`` spreads C over the lanes and steps through M:

- each step feeds each lane a weight and an input of its own: the buffer reads 4 weights and, since
  a multiplier keeps nothing, 4 inputs; 4 weights and 4 inputs are delivered;
- the two products are added on the way up: 2 reductions, 2 sums collected, 2 updates, no reads;
- buffer 80 + 10 * (4 + 4 + 2) = 180; array 4 + 4 + 2 + 2 = 12; MAC 4; total 996;
- 2 cycles, both lanes busy.

No mapping costs less than 996: the DRAM and the filling of the buffer cost 880 always, 4 MACs read
4 weights and deliver them (44), and cost 4; of inputs and sums, C over the lanes moves 4 and 2
words (68 with the array), M over the lanes 2 and 6, one lane at most as little (4 and 6).

``impossible`` wants both over the lanes, all at once: four lanes.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent

MACHINE = HERE / "machine.yaml"
LAYER = HERE / "layer.yaml"
MIXED = HERE / "mixed.yaml"
TABLE = HERE / "table.yaml"
PICOJOULES = HERE / "picojoules.yaml"
OUTPUTS = HERE / "outputs.yaml"
INPUTS = HERE / "inputs.yaml"
IMPOSSIBLE = HERE / "impossible.yaml"
STUDY = HERE / "study.yaml"
MAPPING = HERE / "mapping.yaml"

ENERGY_OUTPUTS = 1018.0
ENERGY_INPUTS = 996.0


def elsewhere(spec: Path) -> str:
    """Return the text of a spec of this folder for another one: what it names is named in full."""
    return re.sub(r"(?<= )\w+\.yaml", lambda name: str(HERE / name[0]), spec.read_text("utf-8"))
