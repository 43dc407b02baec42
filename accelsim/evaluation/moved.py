"""Words that levels move, and those that the outermost memory cannot but move."""

from __future__ import annotations

from accelsim.evaluation.records import Evaluation
from accelsim.technology.records import ACTIONS

FIRST_READ = ACTIONS.index("first_read")


def words_by_level(evaluation: Evaluation) -> dict[str, int]:
    """Return all words that each level reads, writes and receives; operations for the compute.

    Reads of sums that start from zero are none, unless the accounting charges them (rule 7).
    """
    words = evaluation.words.sum(axis=1)
    if evaluation.conventions.first_reads != "charged":
        words[:, FIRST_READ] = 0
    return dict(zip(evaluation.levels, words.sum(axis=1).tolist(), strict=True))


def compulsory_words(evaluation: Evaluation) -> int:
    """Return the words of the tensors that the outermost memory keeps, each counted once.

    No mapping moves fewer there: inputs and weights are read at least once, finished outputs
    written once.  A word that several windows overlap on is one word, one that no window reaches is
    none; padding counts as in :meth:`~accelsim.workload.records.Layer.tensor_words`.  A map that
    stays on the chip is not kept there.
    """
    kept = evaluation.tile_words[0].tolist()
    return sum(words for words, its in zip(evaluation.layer.words, kept, strict=True) if its)
