"""Deliberate mistakes in what is made of zeros.

As in ``mutants.py``: each must be caught, by drawn patterns or by what the counts cost.
"""

from __future__ import annotations

from tests.mutants.mutants import Mutant

EFFECTUAL = "evaluation/effectual.py"
EXPECTED = "evaluation/expected.py"
ENERGIES = "evaluation/energies.py"
COUNTED = "evaluation/zeros.py"
FORMS = "mapping/forms.py"
BITMASK = "sparsity/formats/bitmask.py"
COORDINATE = "sparsity/formats/coordinate.py"
RUN_LENGTH = "sparsity/formats/run_length.py"
N_OF_M = "sparsity/formats/n_of_m.py"

ZEROS_MUTANTS = (
    # What is gated and skipped.
    Mutant(
        "the other operands decide",
        EFFECTUAL,
        "if t.role in roles and",
        "if t.role not in roles and",
    ),
    Mutant(
        "an access is spared for a zero of its own",
        EFFECTUAL,
        "and t is not output and t != follower]",
        "and t is not output]",
    ),
    Mutant(
        "gating saves time",
        EFFECTUAL,
        "return self.done + self.gated",
        "return self.done",
    ),
    Mutant(
        "what is skipped but not gated is done",
        EFFECTUAL,
        "leaders(layer, {*gating, *skipping}, follower)",
        "leaders(layer, gating, follower)",
    ),
    Mutant(
        "cheap operations are spared too",
        EFFECTUAL,
        'if layer.op != "mac" or not (gating or skipping):',
        "if not (gating or skipping):",
    ),
    Mutant(
        "updates of sums are never spared",
        EFFECTUAL,
        '("read", "first_read", "update")',
        '("read", "first_read")',
    ),
    Mutant(
        "given patterns know nothing of each other",
        EFFECTUAL,
        "if isinstance(tensor.pattern, Given):\n            known",
        "if tensor.pattern == 0:\n            known",
    ),
    Mutant(
        "skipping saves no cycles",
        EXPECTED,
        "if timed == 1.0:",
        "if timed <= 1.0:",
    ),
    Mutant(
        "what is skipped passes the port",
        ENERGIES,
        "row.bits[t, a] = bits * access_shares(memory, action, tensor, layer).timed",
        "row.bits[t, a] = bits",
    ),
    Mutant(
        "a gated access costs a whole one",
        EXPECTED,
        'word_energy(prices, memory, action, tensor, ".gated")',
        "word_energy(prices, memory, action, tensor)",
    ),
    Mutant(
        "a gated operation costs nothing",
        EXPECTED,
        "return gated * _operation(",
        "return 0.0 * _operation(",
    ),
    # Finished outputs.
    Mutant(
        "sums under way are compressed",
        FORMS,
        'under_way = tensor.role == "Outputs" and tensor.role not in part.densities',
        "under_way = False",
    ),
    Mutant(
        "finished outputs are credited twice",
        EXPECTED,
        "words = layer.tensor_words(output) * (",
        "words = 2 * layer.tensor_words(output) * (",
    ),
    Mutant(
        "finished outputs take the port of sums",
        EXPECTED,
        'return saved * access_shares(memory, "update", output, layer).timed',
        "return 0.0 * saved",
    ),
    Mutant(
        "finished outputs have no metadata",
        COUNTED,
        "metadata[at] += finished * (",
        "metadata[at] += 0.0 * (",
    ),
    # Forms.
    Mutant(
        "metadata takes no room",
        FORMS,
        "taken.bits(plain.value_bits) / words",
        "taken.values * plain.value_bits / words",
    ),
    Mutant(
        "a level's own density is ignored",
        FORMS,
        "tensor.zeros if stated is None else Uniform(stated)",
        "tensor.zeros",
    ),
    Mutant(
        "words that no operation meets take no metadata",
        FORMS,
        "metadata = taken.metadata_bits / words",
        "metadata = taken.metadata_bits / layer.tensor_words(tensor)",
    ),
    Mutant(
        "networks carry what is not compressed",
        ENERGIES,
        "= form_of(fanout, tensor, layer).bits",
        "= form_of(fanout, tensor, layer).value_bits",
    ),
    # Formats.
    Mutant(
        "a mask has bits for values only",
        BITMASK,
        "Encoded(float(values), float(words))",
        "Encoded(float(values), float(values))",
    ),
    Mutant(
        "coordinates are as wide as need be, whatever is stated",
        COORDINATE,
        "if not 0 < self.index_bits < needed:",
        "self = Coordinate()\n        if not 0 < self.index_bits < needed:",
    ),
    Mutant(
        "nothing says in which block a coordinate lies",
        COORDINATE,
        " + blocks * (self.index_bits + 1))",
        ")",
    ),
    Mutant(
        "packing leaves no room unused",
        RUN_LENGTH,
        "self.pack_bits / (self.pack_bits // pair)",
        "pair",
    ),
    Mutant(
        "runs are cut one zero too early",
        RUN_LENGTH,
        "longest, density = 1 << self.run_bits, zeros.density",
        "longest, density = (1 << self.run_bits) - 1, zeros.density",
    ),
    Mutant(
        "long runs are not cut",
        RUN_LENGTH,
        "words * density + cut + (zero - whole)",
        "words * density + (zero - whole)",
    ),
    Mutant(
        "zeros at the end are not written",
        RUN_LENGTH,
        "words * density + cut + (zero - whole)",
        "words * density + cut",
    ),
    Mutant(
        "zeros at the end of a pattern are not written",
        RUN_LENGTH,
        "(runs // longest + 1).sum() + -(-after // longest)",
        "(runs // longest + 1).sum() + after // longest",
    ),
    Mutant(
        "blocks hold only what is not zero",
        N_OF_M,
        "values = float(blocks * self.nonzeros)",
        "values = words * zeros.density",
    ),
    Mutant(
        "positions in a block count from one",
        N_OF_M,
        "values * (self.of - 1).bit_length()",
        "values * self.of.bit_length()",
    ),
)
