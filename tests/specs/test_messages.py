"""Problems put into words, and the JSON Schema of every kind of spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from accelsim import shipped, yamldoc
from accelsim.errors import Problem, UsageError, Where
from accelsim.report.messages import as_record, quoted_line, render, render_all
from accelsim.report.schemas import MODELS, schema
from accelsim.specs.fields import Context

OUPTUS = Problem(
    "unknown tensor 'Ouptus' in keep",
    Where("arch_specs/eyeriss.yaml", 31, 10, 6, "  keep: [Ouptus]"),
    got="Ouptus",
    expected="one of Weights, Inputs, Outputs",
    hint="did you mean 'Outputs'?",
)


def test_a_problem_with_a_place() -> None:
    assert render(OUPTUS) == (
        "arch_specs/eyeriss.yaml:31:10: unknown tensor 'Ouptus' in keep; expected one of Weights,"
        " Inputs, Outputs; did you mean 'Outputs'?\n"
        "   31 |   keep: [Ouptus]\n"
        "                 ^^^^^^"
    )


def test_problems_without_a_place() -> None:
    whole = Problem("the file is empty", Where("mine.yaml"))
    bare = Problem("no file to check", expected="FILE")
    assert render_all([whole, bare]) == (
        "mine.yaml: the file is empty\nno file to check; expected FILE"
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Where("f", 1, 1, 3, "abc"), "    1 | abc\n        ^^^"),
        (Where("f", 123456, 2, 9, "abc"), "123456 | abc\n         ^^"),
        (Where("f", 1, 3, 1, "\t\tabc\t"), "    1 |   abc\n          ^"),
        (Where("f", 1, 9, 1, "abc"), "    1 | abc\n                ^"),
        (
            Where("f", 1, 151, 2, "." * 150 + "ab" + "." * 150),
            f"    1 | ...{'.' * 60}ab{'.' * 32}...\n{' ' * 71}^^",
        ),
    ],
)
def test_carets_stand_below_what_is_meant(where: Where, text: str) -> None:
    assert quoted_line(where) == text


def test_a_problem_as_json() -> None:
    assert as_record(OUPTUS) == {
        "message": str(OUPTUS),
        "what": "unknown tensor 'Ouptus' in keep",
        "file": "arch_specs/eyeriss.yaml",
        "line": 31,
        "column": 10,
        "length": 6,
        "got": "Ouptus",
        "expected": "one of Weights, Inputs, Outputs",
        "hint": "did you mean 'Outputs'?",
    }
    whole = as_record(Problem("it is empty", Where("f.yaml")))
    assert (whole["file"], whole["line"], whole["column"]) == ("f.yaml", None, None)
    assert as_record(Problem("alone"))["file"] is None


# --- JSON Schema ----------------------------------------------------------------------------------


def conforms(value: Any, form: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Check the parts of JSON Schema that these schemas use, plainly."""
    if "$ref" in form:
        return conforms(value, whole["$defs"][form["$ref"].rsplit("/", 1)[1]], whole)
    if "anyOf" in form and not any(conforms(value, one, whole) for one in form["anyOf"]):
        return False
    if "oneOf" in form and sum(conforms(value, one, whole) for one in form["oneOf"]) != 1:
        return False
    if "enum" in form and value not in form["enum"]:
        return False
    if "const" in form and value != form["const"]:
        return False
    kinds = form.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    python: dict[str, tuple[type, ...]] = {
        "object": (dict,),
        "array": (list,),
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
    }
    if kinds and not any(isinstance(value, python[kind]) for kind in kinds):
        return False
    if isinstance(value, dict) and "object" in kinds:
        stated, others = form.get("properties", {}), form.get("additionalProperties", True)
        if not set(form.get("required", [])) <= set(value):
            return False
        for key, inside in value.items():
            rule = stated.get(key, others)
            if rule is False or (isinstance(rule, dict) and not conforms(inside, rule, whole)):
                return False
    if isinstance(value, list) and isinstance(form.get("items"), dict):
        return all(conforms(item, form["items"], whole) for item in value)
    return True


@pytest.mark.parametrize("kind", shipped.FOLDERS)
def test_shipped_specs_conform_to_their_schema(kind: str) -> None:
    form = schema(kind)
    for name in shipped.names(kind):
        assert conforms(yamldoc.load(shipped.find(kind, name)).data, form, form), name


@pytest.mark.parametrize("kind", MODELS)
def test_schemas_describe_themselves(kind: str) -> None:
    form = schema(kind)
    assert form["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert form["title"] == f"accelsim {kind}"
    assert form["properties"]["kind"]["const"] == kind
    assert form["additionalProperties"] is False
    assert '"null"' not in json.dumps(form)
    assert not conforms({"kind": kind, "naem": "x"}, form, form)


def test_fields_of_a_schema_say_their_units() -> None:
    memory = schema("architecture")["$defs"]["MemorySpec"]["properties"]
    assert memory["size"]["examples"] == ["64 KiB"]
    assert memory["size"]["description"] == "capacity of one instance; left out: unlimited"
    assert memory["leakage"]["examples"] == ["1 mW"]
    assert memory["keep"]["items"]["enum"] == ["Weights", "Inputs", "Outputs"]


def test_there_is_no_schema_of_an_unknown_kind() -> None:
    with pytest.raises(UsageError) as caught:
        schema("archtecture")
    assert str(caught.value) == (
        "no kind 'archtecture' of spec; expected one of architecture, workload, mapping, dataflow,"
        " study, technology, accounting; did you mean 'architecture'?"
    )


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_refuses_what_its_schema_refuses(kind: str) -> None:
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate({"kind": kind, "naem": "x"}, context=Context())
