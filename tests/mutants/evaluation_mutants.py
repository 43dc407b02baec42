"""Deliberate mistakes in the evaluation, each a small edit of one file of the package.

As in ``mutants.py``: each must be caught, by the comparison with the bill.
"""

from __future__ import annotations

from tests.mutants.mutants import Mutant

KERNEL = "evaluation/kernel.py"
PRICES = "evaluation/prices.py"
EXPECTED = "evaluation/expected.py"
PACKING = "evaluation/packing.py"
FORMS = "mapping/forms.py"
MACS = "technology/estimators/macs.py"
EVALUATE = "evaluation/evaluate.py"
ENERGIES = "evaluation/energies.py"
FORMS = "mapping/forms.py"
CHARGE = "evaluation/charge.py"
CHARGED = "evaluation/charged.py"
AREA = "evaluation/area.py"

EVALUATION_MUTANTS = (
    # Rule 14: energy.
    Mutant(
        "first reads are charged",
        KERNEL,
        "moved[FIRST_READS] * cost[FIRST_READS]",
        "moved[FIRST_READS] * cost[READS]",
    ),
    Mutant(
        "the parent pays for fills and drains",
        KERNEL,
        "accesses[child, tensor], prices.place_energy[child, tensor]",
        "accesses[child, tensor], prices.place_energy[parent, tensor]",
    ),
    Mutant(
        "words cost the same whatever their bits",
        EXPECTED,
        "price.at(bits, prices.table.word_bits) * weight",
        "price.energy * weight",
    ),
    Mutant(
        "of a block only the values in it are paid",
        FORMS,
        "return -(-bits // memory.block_bits) * memory.block_bits",
        "return bits * block_words(memory, tensor)",
    ),
    Mutant(
        "a multiplication is linear in the bits",
        MACS,
        "prod(widths) ** (2 / len(widths))",
        "prod(widths) ** (1 / len(widths))",
    ),
    Mutant(
        "a cheap operation is as wide as its first operand",
        MACS,
        "else max(widths)",
        "else widths[0]",
    ),
    Mutant(
        "an accounting does not know tensors",
        EXPECTED,
        "prices.accounting.weight(part.component, action, tensor.role)",
        'prices.accounting.weight(part.component, action, "")',
    ),
    Mutant(
        "the table wins over the level",
        PRICES,
        "return stated_price(part, action) or table.estimate(",
        "return table.price(part.component, action) or table.estimate(",
    ),
    Mutant(
        "leakage of the instances in use only",
        PACKING,
        "leak * arch.instances(place)",
        "leak",
    ),
    Mutant(
        "gated memories leak everywhere",
        PACKING,
        "instances[memory.name][0 if leaks_in_use(memory, conventions) else 1]",
        "instances[memory.name][1]",
    ),
    Mutant(
        "absent memories leak",
        PACKING,
        "return 0.0 if memory.size_bits == 0 else memory.leakage_mw",
        "return memory.leakage_mw",
    ),
    Mutant(
        "old sums are read under addresses of their own",
        EXPECTED,
        '("update", "fill", "drain") if',
        '("read", "update", "fill", "drain") if',
    ),
    Mutant(
        "what is not charged needs an address",
        EXPECTED,
        "tuple(a for a in actions if weight(memory.component, a, tensor.role))",
        "actions",
    ),
    Mutant(
        "latencies leak",
        CHARGE,
        "self.counted.cycles * sum(",
        "self.cycles * sum(",
    ),
    # Rule 15: blocks.
    Mutant(
        "blocks are not rounded up",
        KERNEL,
        "counts.accesses if machine.has_blocks == 1 else counts.words",
        "counts.words",
    ),
    Mutant(
        "an access costs a word, however wide the block",
        ENERGIES,
        "row.each[t, a] = energy * width",
        "row.each[t, a] = energy",
    ),
    # Rule 17: time.
    Mutant(
        "returned sums are averaged over the lanes",
        KERNEL,
        "            if tensor == layer.output:\n                reads =",
        "            if tensor < 0:\n                reads =",
    ),
    Mutant(
        "sums return through every part of a network alike",
        KERNEL,
        "words += back * (sums_outside // nest.sum_lanes[parent]) // outside",
        "words += counts.network[fanout, tensor, DELIVERIES] // outside",
    ),
    Mutant(
        "the write port is ignored",
        KERNEL,
        "cycles = max(cycles, whole_cycles(written, prices.write_bits[memory]))",
        "pass",
    ),
    Mutant(
        "a shared port reads and writes at once",
        KERNEL,
        "whole_cycles(read + written, prices.shared_bits[memory])",
        "whole_cycles(max(read, written), prices.shared_bits[memory])",
    ),
    Mutant(
        "ports of some movements are ignored",
        KERNEL,
        "cycles = max(cycles, whole_cycles(case.moved_bits[port], prices.port_width[port]))",
        "pass",
    ),
    Mutant(
        "a port of some movements passes those of every tensor",
        KERNEL,
        "bits * prices.port_moves[port, tensor, action]",
        "bits * prices.port_moves[port, :, action].max()",
    ),
    Mutant(
        "a port of some movements passes all of its tensors",
        KERNEL,
        "bits * prices.port_moves[port, tensor, action]",
        "bits * prices.port_moves[port, tensor].max()",
    ),
    Mutant(
        "drains pass the write port",
        KERNEL,
        "pass_bits(case, memory, tensor, DRAINS, moved[DRAINS]",
        "pass_bits(case, memory, tensor, FILLS, moved[DRAINS]",
    ),
    Mutant(
        "first reads pass the port",
        KERNEL,
        "READS, reads // copies * bits[READS])",
        "READS, (reads + moved[FIRST_READS]) // copies * bits[READS])",
    ),
    Mutant(
        "ports take words of any bits alike",
        KERNEL,
        "bits = prices.port_bits[parent, tensor]",
        "bits = np.full(5, 16.0)",
    ),
    Mutant(
        "ports of what is filled are as wide as those that fill",
        KERNEL,
        "bits = prices.port_bits[place, tensor]",
        "bits = prices.port_bits[parent, tensor]",
    ),
    Mutant(
        "lanes waste nothing",
        FORMS,
        "return bits if memory.packing == DENSE else lane_bits(bits, memory.word_bits)",
        "return bits",
    ),
    Mutant(
        "networks take words of any bits alike",
        KERNEL,
        "bits += float(words) * case.prices.wire_bits[fanout, tensor]",
        "bits += words * 16.0",
    ),
    Mutant(
        "a port's words are the table's",
        PACKING,
        "(m.read_words_per_cycle, m.word_bits)",
        "(m.read_words_per_cycle, 16)",
    ),
    Mutant(
        "a network's words are the table's",
        PACKING,
        "(f.words_per_cycle, f.word_bits)",
        "(f.words_per_cycle, 16)",
    ),
    Mutant(
        "collections take no time",
        KERNEL,
        "words = counts.network[fanout, tensor, COLLECTIONS] // outside",
        "words = 0",
    ),
    Mutant(
        "what does not overlap is added twice",
        KERNEL,
        "waited += cycles",
        "waited += 2 * cycles",
    ),
    Mutant(
        "everything overlaps",
        KERNEL,
        "if prices.overlaps[memory] == 1:",
        "if True:",
    ),
    Mutant(
        "operations per cycle are not rounded up",
        KERNEL,
        "float(ceil(steps / prices.operations_per_cycle))",
        "float(steps / prices.operations_per_cycle)",
    ),
    Mutant(
        "utilization of the compute in use",
        EVALUATE,
        "machine.built[arch.compute.name] * arch.compute.ops_per_cycle",
        "its.instances[arch.compute.name][0] * arch.compute.ops_per_cycle",
    ),
    Mutant(
        "a port as slow as the compute is the bound",
        EVALUATE,
        "ports[slowest] > compute",
        "ports[slowest] >= compute",
    ),
    # What is said of the levels.
    Mutant(
        "the tile of a memory is that of its innermost place",
        CHARGED,
        "tiles[level, tensor] += tile_words",
        "tiles[level, tensor] = tile_words",
    ),
    Mutant(
        "one instance's area",
        AREA,
        "total += each * arch.instances(place)",
        "total += each",
    ),
    Mutant(
        "the outermost memory is on the chip",
        AREA,
        "if place is arch.places[0]:",
        "if False:",
    ),
)
