"""Loops that the exact mapper leaves to a place further out, against every mapping."""

from __future__ import annotations

import pytest

from tests.mapper.exact_more import grouped_problem
from tests.mapper.left_out import lost


@pytest.mark.parametrize("seed", range(8))
def test_what_one_place_leaves_out_another_has(seed: int) -> None:
    assert lost([grouped_problem(seed)]) == []
