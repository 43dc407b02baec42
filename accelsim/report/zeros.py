"""What zeros spare, as a table and as data; what is taken for granted of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from accelsim.arch.records import Architecture
from accelsim.evaluation.records import Evaluation
from accelsim.evaluation.zeros import ZerosCounted, zeros_counted
from accelsim.report.quantities import digits, percent, whole
from accelsim.report.tables import NOTHING, Table
from accelsim.workload.records import Network


class ZerosRow(NamedTuple):
    """One tensor at one level, all actions together; words and bits are expected numbers."""

    level: str
    tensor: str
    format: str
    words: float
    done: float
    gated: float
    skipped: float
    dense_bits: float
    bits: float
    metadata_bits: float


def zeros_rows(evaluation: Evaluation, counted: ZerosCounted) -> Iterator[ZerosRow]:
    """Yield the tensors and levels where zeros make a difference."""
    for i, level in enumerate(evaluation.levels):
        for t, tensor in enumerate(evaluation.layer.tensors):
            form = counted.forms.get((level, tensor.name))
            sums = [
                float(array[i, t].sum())
                for array in (
                    counted.done,
                    counted.gated,
                    counted.skipped,
                    counted.dense_bits,
                    counted.bits,
                    counted.metadata_bits,
                )
            ]
            words = sum(sums[:3])
            if words and (form is not None or sums[0] < words):
                kind = form.format.text if form is not None and form.format is not None else ""
                yield ZerosRow(level, tensor.name, kind, words, *sums)


def zeros_tables(evaluation: Evaluation) -> list[Table]:
    """Return a table of what zeros spare; none if they spare nothing."""
    counted = zeros_counted(evaluation)
    if not counted.any:
        return []
    its, operations = counted.operations, float(evaluation.operations)
    name = evaluation.arch.compute.name
    shares = (its.done * operations, its.gated * operations, its.skipped * operations)
    rows = [
        (
            row.level,
            row.tensor,
            row.format or NOTHING,
            *map(_count, (row.words, row.done, row.gated, row.skipped)),
            digits(row.bits / row.done) if row.done else NOTHING,
            percent(row.metadata_bits / row.bits) if row.bits else NOTHING,
        )
        for row in zeros_rows(evaluation, counted)
    ]
    rows.append((name, "", NOTHING, *map(_count, (operations, *shares)), NOTHING, NOTHING))
    headings = ("level", "tensor", "format", "words or\noperations", "done", "gated", "skipped")
    return [
        Table("zeros", (*headings, "bits\n/word", "metadata\n/bits"), tuple(rows), names=3),
    ]


def _count(value: float) -> str:
    return whole(value) if value else NOTHING


def zeros_data(evaluation: Evaluation) -> dict[str, Any] | None:
    """Return what zeros spare as JSON data; None if they spare nothing."""
    counted = zeros_counted(evaluation)
    if not counted.any:
        return None
    its, operations = counted.operations, evaluation.operations
    return {
        "operations": {
            "done": its.done * operations,
            "gated": its.gated * operations,
            "skipped": its.skipped * operations,
        },
        "levels": [row._asdict() for row in zeros_rows(evaluation, counted)],
    }


def zeros_assumed_of_machine(arch: Architecture) -> list[str]:
    """Return what a machine's figures take for granted of zeros."""
    said = []
    for memory in arch.memories:
        if memory.formats and memory.size_bits is not None:
            held = ", ".join(memory.formats)
            said.append(f"{memory.name}: compressed tiles of {held} take the room of average ones")
    if arch.compute.skipping:
        said.append(f"{arch.compute.name}: skipped operations are spread evenly over lanes")
    return said


def zeros_assumed_of_network(network: Network) -> list[str]:
    """Return what a network's densities take for granted."""
    uniform = any(
        tensor.pattern is None and tensor.density < 1.0
        for layer in network.layers
        for tensor in layer.tensors
    )
    return ["zeros are anywhere, each independent of all others"] if uniform else []
