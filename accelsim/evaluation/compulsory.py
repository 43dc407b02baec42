"""What the outermost memory cannot but move, whatever the mapping."""

from __future__ import annotations

from accelsim.evaluation.records import Evaluation


def compulsory_words(evaluation: Evaluation) -> int:
    """Return the words of the tensors that the outermost memory keeps, each counted once.

    Inputs and weights are read at least once, finished outputs written once.  A word that several
    windows overlap on is one word, one that no window reaches is none; padding counts as in
    :meth:`~accelsim.workload.records.Layer.tensor_words`.  A map that stays on the chip is not kept
    there.
    """
    kept = evaluation.tile_words[0]
    layer = evaluation.layer
    return sum(
        layer.tensor_words(tensor)
        for tensor, words in zip(layer.tensors, kept, strict=True)
        if words
    )
