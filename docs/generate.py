"""Pages that follow from the package: the spec reference, the verbs, the shipped dataflows."""

from __future__ import annotations

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

Schema = Mapping[str, Any]


def write_pages(folder: Path) -> None:
    """Write every generated page into ``folder``."""
    folder.mkdir(exist_ok=True)
    pages = {"specs.md": spec_pages(), "dataflows.md": dataflow_pages(), "verbs.md": verb_pages()}
    for name, lines in pages.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def spec_pages() -> Iterator[str]:
    """Yield a section per kind of spec: a table of keys for the file and for each part of it."""
    for kind in MODELS:
        schema = schema_of(kind)
        yield from ("", f"## {kind}", "", *prose(schema))
        yield from keys(schema)
        for name, part in schema.get("$defs", {}).items():
            if "properties" in part:
                yield from ("", f"### {kind}: {name}", "", *prose(part))
                yield from keys(part)


def prose(schema: Schema) -> list[str]:
    """Return a schema's description as paragraphs of one line each."""
    paragraphs = textwrap.dedent(schema.get("description", "")).strip().split("\n\n")
    return [line for paragraph in paragraphs for line in (" ".join(paragraph.split()), "")]


def keys(schema: Schema) -> Iterator[str]:
    """Yield a table of the keys of one object."""
    required = set(schema.get("required", ()))
    yield from ("| key | value | default | meaning |", "|---|---|---|---|")
    for name, value in schema.get("properties", {}).items():
        default = "*required*" if name in required else code(value.get("default"))
        meaning = " ".join(str(value.get("description", "")).split())
        yield f"| `{name}` | {cell(type_of(value))} | {default} | {cell(meaning)} |"


def type_of(value: Schema) -> str:
    """Return a value's type in words."""
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    if "const" in value:
        return code(value["const"])
    if "enum" in value:
        return " or ".join(code(choice) for choice in value["enum"])
    for union in ("anyOf", "oneOf"):
        if union in value:
            kinds = [type_of(option) for option in value[union] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if value.get("type") == "array":
        return f"list of {type_of(value.get('items', {}))}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"name: {type_of(inner)}" if isinstance(inner, Mapping) else "mapping"
    return str(value.get("type", "any"))


def code(value: object) -> str:
    """Return a value as inline code; nothing for None, empty text and empty collections."""
    return f"`{value}`" if value not in (None, "", [], {}) else ""


def cell(text: str) -> str:
    """Return text that a table's cell can hold."""
    return text.replace("|", "\\|")


def dataflow_pages() -> Iterator[str]:
    """Yield a section per shipped dataflow: its rules, and the sentence that each follows."""
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


def verb_pages() -> Iterator[str]:
    """Yield a section per verb: what it does, its arguments and its options."""
    verbs: Any = typer.main.get_command(app)
    context = typer.Context(verbs, info_name="accelsim")
    for name in verbs.list_commands(context):
        verb = verbs.get_command(context, name)
        yield from ("", f"## accelsim {name}", "", *prose({"description": verb.help or ""}))
        yield from ("| argument or option | meaning |", "|---|---|")
        for parameter in verb.params:
            if getattr(parameter, "hidden", False):
                continue
            flags = [flag for flag in parameter.opts if flag.startswith("-")]
            names = flags or [str(parameter.metavar or parameter.name).upper()]
            meaning = " ".join(str(getattr(parameter, "help", None) or "").split())
            yield f"| {', '.join(map(code, names))} | {cell(meaning)} |"
