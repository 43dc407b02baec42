"""Specs made of foreign files, as texts that say where each part comes from."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from accelsim.yamldoc import Document

PARTS = ("levels", "layers", "rules", "constraints", "search_constraints", "assumptions")
"""Lists that are written an item a line."""


def sourced_text(document: Document, sources: Mapping[str, str]) -> str:
    """Return a spec as the text of its file; the sources, name -> text, follow as comments."""
    lines = []
    assert isinstance(document.root.value, dict)
    for key, node in document.root.value.items():
        if key in PARTS and isinstance(node.value, list):
            lines.append(f"{key}:")
            for item in node.value:
                where = document.at(item.mark)
                own = key != "assumptions" and item.mark != document.root.mark
                lines += [f"# {where.file}:{where.line}"] if own else []
                lines.append(f"- {_flow(item.plain())}")
        else:
            lines.append(f"{key}: {_flow(node.plain())}")
    lines += ["", "# The source:"]
    for file, text in sources.items():
        lines += [f"# --- {file}", *(f"# {line}".rstrip() for line in text.splitlines())]
    return "".join(f"{line}\n" for line in lines)


def _flow(value: object) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True
    )
    return text.removesuffix("...\n").strip()
