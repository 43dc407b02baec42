"""What a word or an operation of the loop nest costs, zero or not: expectations, from prices."""

from __future__ import annotations

from collections.abc import Sequence

from accelsim.arch.records import Architecture, Fanout, Memory
from accelsim.evaluation.effectual import access_shares, operation_shares
from accelsim.evaluation.prices import Prices, stated_price
from accelsim.mapping.forms import access_bits, block_words, finished_form, form_of, wire_bits
from accelsim.mapping.homes import memory_at
from accelsim.technology.estimators.contract import Attributes
from accelsim.technology.estimators.macs import operation_factor
from accelsim.workload.records import Layer, Tensor


def word_energy(
    prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor, kind: str = ""
) -> float:
    """Return the energy of one word of ``tensor``, linear in the bits of an uncompressed one.

    Of a block it is the share of one of the words that it holds.  ``kind`` may be ``.gated``.
    """
    return word_energies(prices, part, (action,), tensor, kind)[0]


def word_energies(
    prices: Prices,
    part: Memory | Fanout,
    actions: Sequence[str],
    tensor: Tensor,
    kind: str = "",
) -> list[float]:
    """Return :func:`word_energy` for some actions."""
    if isinstance(part, Memory):
        bits, words = access_bits(part, tensor), block_words(part, tensor)
    else:
        bits, words = wire_bits(part, tensor), 1
    found = []
    for action in actions:
        price = prices.by_level[part.name, action + kind]
        weight = prices.accounting.weight(part.component, action, tensor.role)
        found.append(price.at(bits, prices.table.word_bits) * weight / words)
    return found


def expected_energy(
    prices: Prices, part: Memory | Fanout, action: str, tensor: Tensor, layer: Layer
) -> float:
    """Return the expected energy of one word that the loop nest moves, zero or not.

    Where nothing is known of zeros that is :func:`word_energy`.
    """
    return expected_energies(prices, part, (action,), tensor, layer)[0]


def expected_energies(
    prices: Prices, part: Memory | Fanout, actions: Sequence[str], tensor: Tensor, layer: Layer
) -> list[float]:
    """Return :func:`expected_energy` for some actions."""
    share = form_of(part, tensor, layer).share
    words = [each * share for each in word_energies(prices, part, actions, tensor)]
    if isinstance(part, Fanout) or not (part.gating or part.skipping):
        return words
    return [
        each * access_shares(part, action, tensor, layer).done
        + gated_energy(prices, part, action, tensor, layer)
        for action, each in zip(actions, words, strict=True)
    ]


def gated_energy(
    prices: Prices, memory: Memory, action: str, tensor: Tensor, layer: Layer
) -> float:
    """Return the part of :func:`expected_energy` that is paid where the access is gated."""
    gated = access_shares(memory, action, tensor, layer).gated
    if not gated or action == "first_read":
        return 0.0
    return gated * word_energy(prices, memory, action, tensor, ".gated")


def finished_energy(prices: Prices, arch: Architecture, layer: Layer) -> dict[str, float]:
    """Return what finished outputs cost the outermost memory beyond sums under way, by action.

    Negative, if their format saves anything; the actions are ``update`` and ``address``.  Without a
    format, nothing.
    """
    memory, output = outermost_holder(arch, layer), layer.output
    if output.role not in memory.formats:
        return {}
    more = finished_form(memory, output, layer).share - form_of(memory, output, layer).share
    words = layer.tensor_words(output) * (
        more * access_shares(memory, "update", output, layer).done
    )
    found = {"update": words * word_energy(prices, memory, "update", output)}
    if "update" in address_actions(prices, memory, output):
        found["address"] = words * address_energy(prices, memory, output)
    return found


def outermost_holder(arch: Architecture, layer: Layer) -> Memory:
    """Return the memory in which outputs end: the outermost, or where they stay on the chip."""
    return memory_at(arch, layer, arch.places[0], layer.output)


def expected_address(
    prices: Prices, memory: Memory, action: str, tensor: Tensor, layer: Layer
) -> float:
    """Return the expected energy of the address of one word: none for what is gated or skipped."""
    share = form_of(memory, tensor, layer).share
    return address_energy(prices, memory, tensor) * (
        share * access_shares(memory, action, tensor, layer).done
    )


def address_actions(prices: Prices, memory: Memory, tensor: Tensor) -> tuple[str, ...]:
    """Return the actions each word of which needs an address (rule 14).

    A sum is read where it is then updated, under the same address.  What the accounting does not
    charge does not happen.
    """
    actions = ("update", "fill", "drain") if tensor.role == "Outputs" else ("read", "fill")
    weight = prices.accounting.weight
    return tuple(a for a in actions if weight(memory.component, a, tensor.role))


def address_energy(prices: Prices, memory: Memory, tensor: Tensor) -> float:
    """Return the energy of one address, whatever the width of the word."""
    weight = prices.accounting.weight(memory.component, "address", tensor.role)
    return prices.by_level[memory.name, "address"].energy * weight


def operation_energy(prices: Prices, arch: Architecture, layer: Layer) -> float:
    """Return the expected energy of one operation, done or not.

    An operation that is done costs what the widths of its operands and sum make of it (rule 14).
    """
    done = operation_shares(arch, layer).done * _operation(prices, arch, layer, layer.op)
    return done + gated_operation_energy(prices, arch, layer)


def gated_operation_energy(prices: Prices, arch: Architecture, layer: Layer) -> float:
    """Return the part of :func:`operation_energy` that is paid where the operation is gated."""
    gated = operation_shares(arch, layer).gated
    return gated * _operation(prices, arch, layer, f"{layer.op}.gated") if gated else 0.0


def _operation(prices: Prices, arch: Architecture, layer: Layer, action: str) -> float:
    compute, table = arch.compute, prices.table
    operands = tuple(t.bits for t in layer.tensors if t.role != "Outputs")
    price = stated_price(compute, action)
    if price is None:
        widths = Attributes(operand_bits=operands, sum_bits=layer.output.bits)
        price = table.estimate(compute.component, widths, action)
        energy = (price or prices.by_level[compute.name, action]).energy
    else:
        energy = price.energy * operation_factor(layer.op, operands, table.word_bits)
    return energy * prices.accounting.weight(compute.component, layer.op, "")


def finished_bits(arch: Architecture, layer: Layer) -> float:
    """Return the bits that a finished output saves at the outermost memory."""
    memory, output = outermost_holder(arch, layer), layer.output
    if output.role not in memory.formats:
        return 0.0
    saved = form_of(memory, output, layer).bits - finished_form(memory, output, layer).bits
    return saved * access_shares(memory, "update", output, layer).timed


def operations_per_cycle(arch: Architecture, layer: Layer) -> float:
    """Return the operations that one compute gets through in a cycle, skipped ones counted.

    A quotient of steps by it within 1e-12 of an integer is taken for that integer; at least one
    operation of the layer takes time.
    """
    timed = operation_shares(arch, layer).timed
    if timed == 1.0:
        return float(arch.compute.ops_per_cycle)
    return arch.compute.ops_per_cycle / max(timed, 1.0 / layer.operations) * (1.0 + 1e-12)
