from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping as Dict
from dataclasses import replace
from typing import Any

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

RECORDS = [
    read_architecture("eyeriss"),
    read_architecture("simba_like"),
    read_workload("alexnet"),
    read_workload("transformer_encoder"),
    read_technology("eyeriss-relative"),
    mapping("M"),
    Infeasibility("l", "m", (Refusal("lanes", "array", "why"),), refused=(("array", 3),)),
]

each = pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)


@each
def test_records_come_back_as_they_were(record: object) -> None:
    data = json.loads(json.dumps(to_data(record)))
    assert from_data(type(record), data, "record") == record


def older(value: object) -> Any:
    """Return what :func:`to_data` would have written before there were fields with defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: older(its)
            for field in dataclasses.fields(value)
            if (its := getattr(value, field.name)) != default_of(field)
        }
    if isinstance(value, Dict):
        return {key: older(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(older, value))
    return [*map(older, value)] if isinstance(value, tuple) else to_data(value)


def default_of(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@each
def test_data_from_before_there_were_some_fields_is_read(record: object) -> None:
    data = json.loads(json.dumps(older(record)))
    assert len(json.dumps(data)) < len(json.dumps(to_data(record)))
    assert from_data(type(record), data, "record") == record


def test_an_unknown_field_and_one_without_a_default_are_refused() -> None:
    memory = to_data(Memory("m", "any"))
    with pytest.raises(SpecError, match="m: not the fields of a Memory: colour"):
        from_data(Memory, memory | {"colour": "red"}, "m")
    del memory["component"]
    with pytest.raises(SpecError, match="m: not the fields of a Memory: component"):
        from_data(Memory, memory, "m")


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
            to_data(Mapping(())) | {"steps": [{"plaice": "a"}]},
            "x.steps[0]: unexpected {'plaice': 'a'}; expected",
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
