"""Write the pages that follow from the package: ``python docs/generate.py``.

They are kept in ``docs/reference``, so that they can be read without building anything; a test
fails when they are not what this program writes.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main
import yaml

from accelsim.cli import app
from accelsim.report.schemas import MODELS
from accelsim.report.schemas import schema as schema_of

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"

Schema = Mapping[str, Any]

MEANINGS = {
    "kind": "what kind of spec the file is",
    "name": "its name, in lists and results",
    "source": "where its numbers come from",
    "assumed": "why numbers without a source are what they are",
    "shape": "what kind of layer it is",
    "keep": "tensors kept there, always",
    "may_keep": "tensors kept there if the mapper wants to",
    **dict.fromkeys(("memory", "fanout", "place", "compute"), "its name"),
}
"""What a key means where its model says nothing of its own."""


def pages() -> dict[str, str]:
    """Return file name -> text of every page in ``docs/reference``."""
    written = {"keys.md": key_page(), "dataflows.md": dataflow_page(), "verbs.md": verb_page()}
    note = "<!-- Written by docs/generate.py: change what it reads, then run it. -->"
    return {name: "\n".join([note, "", *lines, ""]) for name, lines in written.items()}


def key_page() -> Iterator[str]:
    """Yield a section per kind of spec: a table of keys for the file and for each part of it."""
    yield from ("# Every key of every spec", "")
    yield from ("What the keys are for, with examples: [Specs](../specs.md).",)
    for kind in MODELS:
        schema = schema_of(kind)
        yield from ("", f"## {kind}", "", *prose(schema))
        yield from keys(schema, kind)
        for name, part in parts(schema):
            if "properties" in part:
                yield from ("", f"### {kind}: {words(name)}", "", *prose(part))
                yield from keys(part, kind)


def parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the parts of a schema in the order in which a reader meets them."""
    known: Mapping[str, Schema] = schema.get("$defs", {})
    met = dict.fromkeys(references(schema["properties"]))
    while met:
        name = next(iter(met))
        yield name, known[name]
        met |= dict.fromkeys(references(known[name]))
        known = {other: part for other, part in known.items() if other != name}
        met = {other: None for other in met if other in known}


def references(schema: Schema) -> list[str]:
    """Return the names of the parts that a schema refers to."""
    return re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema))


def words(name: str) -> str:
    """Return the name of a model as words: SideBySideSpec is "side by side"."""
    return " ".join(re.findall("[A-Z][a-z]+", name.removesuffix("Spec"))).lower()


def prose(schema: Schema) -> list[str]:
    """Return a schema's description as paragraphs of one line each."""
    paragraphs = textwrap.dedent(schema.get("description", "")).strip().split("\n\n")
    return [line for paragraph in paragraphs for line in (" ".join(paragraph.split()), "")]


def keys(schema: Schema, kind: str) -> Iterator[str]:
    """Yield a table of the keys of one object: required ones first, sources last."""
    required = set(schema.get("required", ()))
    known = list(schema.get("properties", {}).items())
    known.sort(key=lambda item: (item[0] not in required, item[0] in ("source", "assumed")))
    yield from ("| key | value | default | meaning |", "|---|---|---|---|")
    for name, value in known:
        default = "*required*" if name in required else code(value.get("default"))
        meaning = " ".join(str(value.get("description") or MEANINGS.get(name, "")).split())
        yield f"| `{name}` | {cell(type_of(value, kind))} | {default} | {cell(meaning)} |"


def type_of(value: Schema, kind: str) -> str:
    """Return a value's type in words; parts of a spec are links to their tables."""
    if "$ref" in value:
        name = words(value["$ref"].rsplit("/", 1)[-1])
        return f"[{name}](#{kind}-{name.replace(' ', '-')})"
    if "const" in value:
        return code(value["const"])
    if "enum" in value:
        return " or ".join(code(choice) for choice in value["enum"])
    for union in ("anyOf", "oneOf"):
        if union in value:
            kinds = [type_of(option, kind) for option in value[union] if option != {"type": "null"}]
            return " or ".join(dict.fromkeys(kinds))
    if isinstance(value.get("type"), list):
        return " or ".join(value["type"]).replace("string", "expression")
    if value.get("type") == "array":
        return f"list of {type_of(value.get('items', {}), kind)}"
    if value.get("type") == "object" and value.get("additionalProperties") is False:
        stated = (
            f"{name}: {its['const']}" if "const" in its else name
            for name, its in value["properties"].items()
        )
        return code("{" + ", ".join(stated) + "}")
    if value.get("type") == "object":
        inner = value.get("additionalProperties") or next(
            iter(value.get("patternProperties", {}).values()), None
        )
        return f"name: {type_of(inner, kind)}" if inner else "`energy`, `source` or `assumed`"
    if value.get("type") == "string":
        if value.get("examples"):
            return f"text as {code(value['examples'][0])}"
        return "expression" if "expression" in value.get("description", "") else "text"
    return str(value.get("type", "any"))


def code(value: object) -> str:
    """Return a value as inline code; nothing for None, empty text and empty collections."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in (None, "", (), [], {}) else ""


def cell(text: str) -> str:
    """Return text that a table's cell can hold."""
    return text.replace("|", "\\|")


def dataflow_page() -> Iterator[str]:
    """Yield a section per shipped dataflow: its rules, and the sentence that each follows."""
    yield from ("# Shipped dataflows, rule by rule", "")
    yield from ("How to read a rule, and how to write one: [Dataflows](../dataflows.md).",)
    for path in sorted((ROOT / "dataflows").glob("*.yaml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from ("", f"## `{spec['name']}`: {spec.get('title', '')}", "")
        yield from (" ".join(str(spec.get("source", "")).split()), "")
        yield from ("| at | rule | because |", "|---|---|---|")
        for rule in spec["rules"]:
            stated = {k: v for k, v in rule.items() if k not in ("at", "because")}
            limits = "; ".join(f"{key}: {plain(value)}" for key, value in stated.items())
            because = " ".join(str(rule.get("because", "")).split())
            yield f"| `{rule['at']}` | {cell(limits)} | {cell(because)} |"


def plain(value: object) -> str:
    """Return a YAML value on one line, as code."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return f"`{text.removesuffix('...' + chr(10)).strip()}`"


def verb_page() -> Iterator[str]:
    """Yield a section per verb: what it does, its arguments and its options."""
    yield from ("# Verbs and their options", "")
    yield from ("Exit codes, names and the form of the JSON: [Commands](../commands.md).",)
    verbs: Any = typer.main.get_command(app)
    context = typer.Context(verbs, info_name="accelsim")
    for name in verbs.list_commands(context):
        verb = verbs.get_command(context, name)
        yield from ("", f"## accelsim {name}", "", *prose({"description": verb.help or ""}))
        yield from ("| argument or option | default | meaning |", "|---|---|---|")
        for parameter in verb.params:
            if getattr(parameter, "hidden", False):
                continue
            flags = ", ".join(flag for flag in parameter.opts if flag.startswith("-"))
            metavar = str(parameter.metavar or ("" if flags else parameter.name.upper()))
            meaning = " ".join(str(getattr(parameter, "help", None) or "").split())
            default = "" if parameter.default is False else code(parameter.default)
            usage = cell(code(f"{flags} {metavar}".strip()))
            yield f"| {usage} | {default} | {cell(meaning)} |"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
