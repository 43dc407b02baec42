"""The words that the outermost memory cannot but move, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import accelsim as acs
from accelsim.conventions import Conventions
from accelsim.evaluation.moved import compulsory_words, words_by_level
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING
from accelsim.evaluation.records import Evaluation
from accelsim.technology.records import Accounting

MACHINE = Path(__file__).parents[1] / "small" / "machine.yaml"
LAYER = Path(__file__).parents[1] / "small" / "layer.yaml"
TABLE = Path(__file__).parents[1] / "small" / "table.yaml"

# Every other row of filters of 3 x 3 leaves rows 3 and 7 of the input unread: 0-2, 4-6, so that
# 6 x 6 positions in 3 channels are; 2 x 3 filters of 9 words; 2 x 2 outputs in 2 channels.
GAPS = "{name: gaps, shape: conv, M: 2, C: 3, P: 2, Q: 2, R: 3, S: 3, stride: 4}", 108 + 54 + 8
# Filters of 3 rows and one column overlap: 4 rows of 2 words; 3 weights; 2 x 2 outputs.
OVERLAP = "{name: overlap, shape: conv, P: 2, Q: 2, R: 3, S: 1}", 8 + 3 + 4
# 2 x 3 weights for each of 2 inputs of 3 words, which make 2 x 2 sums.
PRODUCT = "{name: product, shape: fc, N: 2, M: 2, C: 3}", 6 + 6 + 4


@pytest.mark.parametrize(("layer", "words"), [GAPS, OVERLAP, PRODUCT])
def test_every_word_once(layer: str, words: int, tmp_path: Path) -> None:
    work = tmp_path / "work.yaml"
    work.write_text(
        f"kind: workload\nname: one\nsource: made up\nlayers:\n- {layer}\n", encoding="utf-8"
    )
    for size in ("8 words", "400 words"):
        evaluation = evaluated(work, f"buffer.size={size}")
        assert compulsory_words(evaluation) == words
        assert words_by_level(evaluation)["dram"] >= words
    assert words_by_level(evaluation)["dram"] == words  # all of the layer fits


def test_sums_that_start_from_zero_are_read_where_that_is_charged() -> None:
    """With C over the lanes, DRAM gives 4 weights and 2 inputs and takes 2 sums."""
    plain = evaluated(LAYER, "buffer.size=8 words")
    assert words_by_level(plain) == {"dram": 8, "buffer": 8 + 4 + 4 + 2, "array": 12, "mac": 4}
    rules = replace(DEFAULT_ACCOUNTING, conventions=Conventions(first_reads="charged"))
    charged = evaluated(LAYER, "buffer.size=8 words", rules)
    assert words_by_level(charged)["dram"] == 10


def evaluated(work: Path, override: str, accounting: Accounting | None = None) -> Evaluation:
    found = acs.run(MACHINE, work, technology=TABLE, overrides=[override], accounting=accounting)
    (entry,) = found.layers
    assert entry.evaluation is not None
    return entry.evaluation
