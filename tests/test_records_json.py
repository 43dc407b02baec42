from __future__ import annotations

import json
from dataclasses import replace

import pytest

from accelsim.arch.records import Architecture, Memory
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError
from accelsim.mapper.infeasible import Infeasibility, Refusal
from accelsim.mapping.records import Loop, Mapping
from accelsim.records_json import from_data, to_data
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.workload.records import Network
from accelsim.workload.spec import read_workload
from tests.small.results import mapping


@pytest.mark.parametrize(
    "record",
    [
        read_architecture("eyeriss"),
        read_architecture("simba_like"),
        read_workload("alexnet"),
        read_workload("transformer_encoder"),
        read_technology("eyeriss-relative"),
        mapping("M"),
        Infeasibility("l", "m", (Refusal("lanes", "array", "why"),), refused=(("array", 3),)),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_come_back_as_they_were(record: object) -> None:
    data = json.loads(json.dumps(to_data(record)))
    assert from_data(type(record), data, "record") == record


def test_whole_numbers_stand_for_floats_but_truths_do_not_stand_for_numbers() -> None:
    memory = to_data(Memory("m", "any"))
    assert from_data(Memory, memory | {"leakage_mw": 1}, "m").leakage_mw == 1.0
    with pytest.raises(SpecError, match=r"m\.buffering: unexpected True; expected an integer"):
        from_data(Memory, memory | {"buffering": True}, "m")


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="complex has no JSON form"):
        to_data({"a": 1j})


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (Network, [], "x: unexpected []; expected dict"),
        (Loop, {"dim": 3, "bound": 1}, "x.dim: unexpected 3; expected str"),
        (
            Mapping,
            to_data(Mapping(())) | {"steps": [{"place": "a"}]},
            "x.steps[0]: unexpected {'place': 'a'}; expected",
        ),
        (Loop, {"dims": "M", "bound": 1}, "x: not the fields of a Loop: dim, dims"),
        (EnergyTable, None, "x: unexpected None; expected dict"),
        (
            Architecture,
            to_data(replace(read_architecture("eyeriss"), nodes=())) | {"parameters": [["a"]]},
            "x.parameters[0]: unexpected ['a']; expected 2 entries",
        ),
    ],
)
def test_data_of_another_form_is_refused(kind: type, data: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        from_data(kind, data, "x")
    assert str(caught.value).startswith(message)
