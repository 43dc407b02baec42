"""What zeros spare in one evaluation: operations, words and bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accelsim.arch.records import Fanout, Memory
from accelsim.evaluation.effectual import Shares, access_shares, operation_shares
from accelsim.evaluation.expected import outermost_holder
from accelsim.evaluation.prices import Floats
from accelsim.evaluation.records import Evaluation
from accelsim.mapping.forms import Form, finished_form, form_of
from accelsim.technology.records import ACTIONS

UPDATE, FIRST_READ = ACTIONS.index("update"), ACTIONS.index("first_read")


@dataclass(frozen=True)
class ZerosCounted:
    """Expected counts of an evaluation with zeros.

    Attributes
    ----------
    operations : Shares
        Of the layer's operations.
    done, gated, skipped : float64[level, tensor, action]
        Words that move; that would, but are gated; that would, but are skipped.  Together they are
        the words of the evaluation, but for first reads, which move nothing.
    bits, metadata_bits : float64[level, tensor, action]
        That the moved words take, zeros left out as their form allows; the second is part of the
        first.
    dense_bits : float64[level, tensor, action]
        That all words would take, uncompressed.
    forms : mapping of (level, tensor) to Form
        In which words stand there, or pass: those that are compressed.
    """

    operations: Shares
    done: Floats
    gated: Floats
    skipped: Floats
    bits: Floats
    metadata_bits: Floats
    dense_bits: Floats
    forms: dict[tuple[str, str], Form]

    @property
    def any(self) -> bool:
        """Whether zeros make any difference."""
        spared = self.operations.done < 1.0 or bool((self.bits < self.dense_bits).any())
        return spared or bool(self.forms)


def zeros_counted(evaluation: Evaluation) -> ZerosCounted:
    """Return what zeros spare."""
    layer, arch, levels = evaluation.layer, evaluation.arch, evaluation.levels
    words = evaluation.words[:, :-1].astype(np.float64)
    words[:, :, FIRST_READ] = 0.0
    share = {name: np.zeros(words.shape) for name in ("done", "gated", "skipped")}
    bits, metadata, dense = (np.zeros(words.shape) for _ in range(3))
    forms: dict[tuple[str, str], Form] = {}
    parts: tuple[Memory | Fanout, ...] = (*arch.memories, *arch.fanouts)
    for part in parts:
        level = levels.index(part.name)
        for t, tensor in enumerate(layer.tensors):
            form = form_of(part, tensor, layer)
            if form.format is not None:
                forms[part.name, tensor.name] = form
            for a, action in enumerate(ACTIONS):
                shares = Shares()
                if isinstance(part, Memory):
                    shares = access_shares(part, action, tensor, layer)
                for name, values in share.items():
                    values[level, t, a] = words[level, t, a] * getattr(shares, name)
            bits[level, t] = share["done"][level, t] * form.bits
            metadata[level, t] = share["done"][level, t] * form.metadata_bits
            dense[level, t] = words[level, t] * form.value_bits
    holder, output = outermost_holder(arch, layer), layer.output
    form, under_way = finished_form(holder, output, layer), form_of(holder, output, layer)
    if form.format is not None:
        at = levels.index(holder.name), layer.tensors.index(output), UPDATE
        done = access_shares(holder, "update", output, layer).done
        finished = layer.tensor_words(output) * done
        bits[at] += finished * (form.bits - under_way.bits)
        metadata[at] += finished * (form.metadata_bits - under_way.metadata_bits)
        forms[holder.name, output.name] = form
    return ZerosCounted(
        operations=operation_shares(arch, layer),
        bits=bits,
        metadata_bits=metadata,
        dense_bits=dense,
        forms=forms,
        **share,
    )
