#!/usr/bin/env python3
"""Write workloads/ of networks from their definitions in scripts/networks, by the ONNX importer.

    scripts/make_networks.py             # rewrite them all
    scripts/make_networks.py vit_b_16    # rewrite one
    scripts/make_networks.py --check     # exit 1 if a file differs from what this writes

It needs the package `onnx` (`pip install 'accelsim[onnx]'`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from networks.graph import Definition
from networks.symbolic import with_parameters

from accelsim.interchange.workloads import import_onnx, workload_text

FOLDER = Path(__file__).resolve().parent.parent / "workloads"

MODULES = (
    *("squeezenet", "googlenet", "densenet", "mobilenet_v2", "efficientnet"),
    *("vit", "bert", "gpt2", "llama"),
)


def definitions() -> list[Definition]:
    """Return what is shipped."""
    found = [import_module(f"networks.{module}") for module in MODULES]
    return [its for module in found for its in module.DEFINITIONS]


def text_of(its: Definition) -> str:
    """Return the workload file of a definition."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{its.name}.onnx"

        def imported(sizes: Mapping[str, int]) -> dict[str, object]:
            path.write_bytes(its.build(**sizes).model().SerializeToString())
            return import_onnx(path, {}).data

        data: dict[str, Any] = with_parameters(imported, list(its.parameters))
    data["assumptions"] = [*its.assumptions, *data["assumptions"]]
    head = {"kind": data.pop("kind"), "name": data.pop("name"), "source": its.source}
    data.pop("source")
    text = workload_text({**head, "parameters": dict(its.parameters), **data})
    return f"# Written by scripts/make_networks.py; change scripts/networks, not this.\n{text}"


def main(words: list[str]) -> int:
    """Write, or hold against what is there, the networks that are named, or all."""
    check = "--check" in words
    wanted = {*words} - {"--check"}
    known = {its.name: its for its in definitions()}
    if not wanted <= {*known}:
        print(f"unknown: {', '.join(sorted(wanted - {*known}))}; known: {', '.join(known)}")
        return 2
    differing = []
    for name in wanted or known:
        path, text = FOLDER / f"{name}.yaml", text_of(known[name])
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            differing.append(path.name)
    for name in differing:
        print(f"{name} differs from what this writes")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
