"""Deliberate mistakes in counting under other conventions.

As in ``mutants.py``: each must be caught, by the comparison with the twin.
"""

from __future__ import annotations

from tests.mutants.mutants import Mutant

LAYOUT = "counter/general/layout.py"
FILLING = "counter/filling.py"
WORDS = "counter/general/words.py"
MOVES = "counter/general/moves.py"
COMPARED = "counter/general/compared.py"
PASSING = "counter/general/passing.py"
BOUNDARY = "counter/general/boundary.py"
TALLY = "counter/general/tally.py"

CONVENTION_MUTANTS = (
    # Boxes.
    Mutant(
        "boxes take coprime coefficients",
        FILLING,
        "scale = layer.rank_divisor.copy()",
        "scale = layer.rank_divisor * 0 + 1",
    ),
    Mutant(
        "capacity is that of exact tiles",
        WORDS,
        "if general.box == 1 or dim_b < 0:",
        "if dim_b < 0:",
    ),
    Mutant(
        "a box's strip forgets the coefficient",
        WORDS,
        "return min(words, coefficient(counter, general, rank, side) * by)",
        "return min(words, by)",
    ),
    Mutant(
        "the outermost place holds no boxes",
        LAYOUT,
        'counter["counts"]["tile_words"][0, tensor] = words',
        "pass",
    ),
    # Equal lanes.
    Mutant(
        "every lane of a fanout is a group of its own",
        WORDS,
        "groups *= distinct_words(far_a // divisor, far_b // divisor, a, b)",
        "groups *= a * b",
    ),
    Mutant(
        "lanes that cannot multicast read alike",
        WORDS,
        "if alike and not unites:",
        "if not unites:",
    ),
    # Tiles compared with the one before.
    Mutant(
        "every step goes in the remembered direction",
        COMPARED,
        "cost = partial if goes_on(counter, general, tensor) else tile",
        "cost = partial",
    ),
    Mutant(
        "no step goes in the remembered direction",
        COMPARED,
        "cost = partial if goes_on(counter, general, tensor) else tile",
        "cost = tile",
    ),
    Mutant(
        "a step turns no inner loops back",
        MOVES,
        "general.step[rank] = own - general.reach[rank]",
        "general.step[rank] = own",
    ),
    Mutant(
        "signs of coefficients do not matter to steps",
        PASSING,
        "return -far if general.opposed[rank] == 1 else far",
        "return far",
    ),
    Mutant(
        "the compute keeps operands that do not change",
        COMPARED,
        "            if is_compute:\n                add_move(general, times, tile, NONE)\n",
        "",
    ),
    # Neighbours under timeloop.
    Mutant(
        "a tile that stood still is passed on",
        COMPARED,
        "passed = times - unmoved if row == first_moving else times",
        "passed = times",
    ),
    Mutant(
        "links are used though they save no reads",
        COMPARED,
        "        linked = NO_FANOUT\n    saved = 0\n    while saved <= 0:",
        "        linked = NO_FANOUT\n    saved = 0\n    while saved < 0 or general.n_moves == 0:",
    ),
    Mutant(
        "lanes above have no neighbours below",
        COMPARED,
        "or (y > 0 and scratch.keys[(y - 1) * lanes_x + x] == here)",
        "or (y > 1 and scratch.keys[(y - 1) * lanes_x + x] == here)",
    ),
    Mutant(
        "nobody reads for neighbours",
        COMPARED,
        "general.peer_words += meshes * served * tile",
        "general.peer_words += 0",
    ),
    Mutant(
        "lanes that are served read all the same",
        WORDS,
        "            lanes = its.reading\n",
        "            pass\n",
    ),
    # Neighbours under window.
    Mutant(
        "neighbours hold what they hold now",
        PASSING,
        "held = position + step - side * general.distance[k]",
        "held = position - side * general.distance[k]",
    ),
    Mutant(
        "lanes at the border have neighbours",
        PASSING,
        "if not 0 <= general.turn[k] + side < general.bound[loop]:",
        "if general.bound[loop] < 0:",
    ),
    Mutant(
        "all dims pass words on",
        PASSING,
        "if (general.forwards[fanout, tensor] >> general.dim[loop]) & 1 == 0:",
        "if general.forwards[fanout, tensor] == 0:",
    ),
    Mutant(
        "a lane forgets what it held itself",
        PASSING,
        "if keeps and 0 <= before < span and scratch.tile[before] == 1:",
        "if span < 0:",
    ),
    Mutant(
        "lanes that read apart are united",
        PASSING,
        "        more = next_turn(general, 0, apart)\n",
        "        more = False\n",
    ),
    # Sums and blocks.
    Mutant(
        "one lane gets the sum back",
        BOUNDARY,
        "back = visits * group - layer.output_words * nest.sum_lanes[place] * charged",
        "back = visits - elided",
    ),
    Mutant(
        "a sum is fresh in one lane of a group",
        BOUNDARY,
        "held = layer.output_words * nest.sums_outside[fanout + 1]",
        "held = layer.output_words",
    ),
    Mutant(
        "first reads are never charged",
        BOUNDARY,
        "charged = 0 if charges_first(general, visits, layer.output_words) else 1",
        "charged = 1",
    ),
    Mutant(
        "first reads of finished sums are charged",
        BOUNDARY,
        "visits > words)",
        "visits >= words)",
    ),
    Mutant(
        "blocks are rounded on the total of all instances",
        BOUNDARY,
        "accesses = instances * blocks_of(words, instances * block)",
        "accesses = blocks_of(words, block)",
    ),
    Mutant(
        "what is read for neighbours is read by their children",
        TALLY,
        "            counts.words[place, tensor, READS] += peer_words\n",
        "",
    ),
)
