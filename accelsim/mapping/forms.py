"""In what form the values of a tensor stand in a memory, or pass a network: bits and blocks.

A **word** is one value of the tensor, zero or not.  What a word takes in a compressed format is an
expectation, that of the whole tensor in one stream.  Values of the output are in a format only as
far as something is known of them: where a level states a density of theirs, all that it holds or
passes have it; elsewhere, finished ones in the outermost memory have the density of the layer, and
sums under way are not compressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from accelsim.arch.records import DENSE, Architecture, Fanout, Memory, lane_bits
from accelsim.errors import Problem, SpecError
from accelsim.sparsity.contract import CannotEncodeError, Encoded
from accelsim.sparsity.formats import Format, encoder
from accelsim.sparsity.zeros import Given, Uniform, Zeros
from accelsim.workload.records import Layer, Network, Tensor


@dataclass(frozen=True, slots=True)
class Form:
    """What a word of a tensor takes.

    Attributes
    ----------
    value_bits : int
        Of a value that is written out; of every word, if nothing is compressed.
    bits, metadata_bits : float
        Expected of a word, zeros included; the second is part of the first.
    format : Format or None
    """

    value_bits: int
    bits: float
    metadata_bits: float = 0.0
    format: Format | None = None

    @property
    def share(self) -> float:
        """Bits that a word takes over those that it would take uncompressed."""
        return self.bits / self.value_bits


def stored_bits(memory: Memory, tensor: Tensor) -> int:
    """Return the bits that a value of ``tensor`` takes in a memory (rule 16)."""
    bits = memory.widths.get(tensor.role, tensor.bits)
    return bits if memory.packing == DENSE else lane_bits(bits, memory.word_bits)


def block_words(memory: Memory, tensor: Tensor) -> int:
    """Return how many words of ``tensor`` one physical access moves; 1 unless blocks are wide."""
    if memory.block_bits <= memory.word_bits:
        return 1
    return max(1, memory.block_bits // stored_bits(memory, tensor))


def access_bits(memory: Memory, tensor: Tensor) -> int:
    """Return the bits that one physical access is paid for: of a value, or of whole blocks."""
    bits = stored_bits(memory, tensor)
    if memory.block_bits <= memory.word_bits:
        return bits
    return -(-bits // memory.block_bits) * memory.block_bits


def wire_bits(fanout: Fanout, tensor: Tensor) -> int:
    """Return the bits of a value of ``tensor`` on its way through a fanout."""
    return fanout.widths.get(tensor.role, tensor.bits)


def form_of(part: Memory | Fanout, tensor: Tensor, layer: Layer) -> Form:
    """Return the form of a tensor in a memory or network; of an output, of sums under way.

    Raises
    ------
    SpecError
        If the format cannot hold zeros like the tensor's.
    """
    under_way = tensor.role == "Outputs" and tensor.role not in part.densities
    return _plain(part, tensor) if under_way else _form(part, tensor, layer)


def finished_form(memory: Memory, tensor: Tensor, layer: Layer) -> Form:
    """Return the form of finished outputs in the outermost memory; raises as :func:`form_of`."""
    return _form(memory, tensor, layer)


def format_problems(arch: Architecture, network: Network) -> dict[str, Problem]:
    """Return what the formats of a machine cannot hold of a network, the first layer of each.

    Returns
    -------
    path of the format, as ``--set`` names it (``dram.format.Inputs``) -> the problem
    """
    found: dict[str, Problem] = {}
    parts: tuple[Memory | Fanout, ...] = (*arch.memories, *arch.fanouts)
    outermost = {held.memory for held in arch.places[0].holdings}
    for part in parts:
        for layer in network.layers if part.formats else ():
            for tensor in layer.tensors:
                try:
                    if isinstance(part, Memory) and part.name in outermost:
                        finished_form(part, tensor, layer)
                    else:
                        form_of(part, tensor, layer)
                except SpecError as fault:
                    (problem,) = fault.problems
                    array = part.array if isinstance(part, Fanout) else part.name
                    found.setdefault(f"{array}.format.{tensor.role}", problem)
    return found


def _plain(part: Memory | Fanout, tensor: Tensor) -> Form:
    bits = stored_bits(part, tensor) if isinstance(part, Memory) else wire_bits(part, tensor)
    return Form(bits, float(bits))


def _form(part: Memory | Fanout, tensor: Tensor, layer: Layer) -> Form:
    plain, form = _plain(part, tensor), part.formats.get(tensor.role)
    if form is None:
        return plain
    stated = part.densities.get(tensor.role)
    zeros = tensor.zeros if stated is None else Uniform(stated)
    words = prod(zeros.shape) if isinstance(zeros, Given) else layer.tensor_words(tensor)
    try:
        taken = _encoded(form, zeros, words, plain.value_bits)
    except CannotEncodeError as fault:
        what = f"'{part.name}' cannot hold {tensor.name} of layer '{layer.name}' as {form.text}"
        raise SpecError([Problem(f"{what}: {fault}")]) from fault
    metadata = taken.metadata_bits / words
    return Form(plain.value_bits, taken.bits(plain.value_bits) / words, metadata, form)


@lru_cache(maxsize=4096)
def _encoded(form: Format, zeros: Zeros, words: int, value_bits: int) -> Encoded:
    return encoder(form).encode(zeros, words, value_bits)
