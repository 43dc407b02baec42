"""Broken and hostile files of SCALE-Sim's, made from small sound ones."""

from __future__ import annotations

from collections.abc import Iterator

from tests.interchange.test_scalesim import CONFIG, PRODUCTS, TOPOLOGY

Case = tuple[str, str, str]
"""File, its text, and what the message says."""


def topologies() -> Iterator[Case]:
    changes = {
        ("Conv1, 34,", "Conv1, x,"): "2:8: ifmap rows is 'x'; expected a whole number",
        ("Conv1, 34,", "Conv1, -34,"): "2:8: ifmap rows is '-34'",
        ("Conv1, 34,", "Conv1, 3.5,"): "2:8: ifmap rows is '3.5'",
        ("Conv1, 34,", "Conv1, 1e3,"): "2:8: ifmap rows is '1e3'",
        ("Conv1, 34,", "Conv1, ,"): "2:8: ifmap rows is nothing",
        ("Conv1, 34,", "Conv1, ٣٤,"): "2:8: ifmap rows is",
        ("Conv1, 34,", f"Conv1, {'9' * 5000},"): "2:8: ifmap rows is '999",
        ("Conv1, 34,", "Conv1, 0,"): "2:8: ifmap rows is '0'",
        ("Conv1, 34,", "Conv1, __import__('os').getcwd(),"): "2:8: ifmap rows is '__import__",
        ("34, 3, 3, 16", "34, 35, 3, 16"): "a filter of 35 on an input of 34",
        ("34, 3, 3, 16", "34, 3, 64, 16"): "a filter of 64 on an input of 34",
        ("Channels,", "Channels Intraline Factor,"): "1:1: this is a layout of SCALE-Sim's",
        ("40, 1,\nWide", "40, 0,\nWide"): "the stride is '0'",
        ("40, 1,\nWide", "40,\nWide"): "a convolution with 7 columns",
        ("40, 1,\nWide", "40, 1, 1, 1,\nWide"): "a third stride",
        ("40, 1,\nWide", "40, 1, 1, 1, 1, 1,\nWide"): "a convolution with 12 columns",
        ("Conv1,", ","): "a layer without a name",
        ("Conv1,", '"Conv1",'): "a name in quotes",
        ("16, 40, 1", "999999999999, 999999999999, 1"): "topology.csv:2",
        ("Conv1", "Con\x07v1"): "not text: character U\\+0007 in line 2",
        ("Layer name, IFMAP Height", "Layer name, Height"): "1:1: this is no topology",
    }
    batch = TOPOLOGY.replace("Strides,", "Strides, Batch,")
    yield "topology.csv", batch.replace("40, 1,\n", "40, 1, x,\n", 1), "2:33: the batch is 'x'"
    yield "topology.csv", TOPOLOGY.partition("\n")[2], "1:1: a layer in the first row"
    yield "topology.csv", TOPOLOGY.replace(",", ";"), "1:1: columns are cut by semicolons"
    yield "topology.csv", TOPOLOGY.replace(",", "\t"), "1:1: this is no topology"
    counts = PRODUCTS.replace("N, K,", "N, K, Batch,").replace("40, 70,", "40, 70, 2,", 1)
    yield "products.csv", counts, "a batch of products"
    for (old, new), said in changes.items():
        assert old in TOPOLOGY
        yield "topology.csv", TOPOLOGY.replace(old, new, 1), said
    yield "topology.csv", TOPOLOGY.splitlines()[0], "there is no layer in this topology"
    yield "topology.csv", "", "1:1: this is no topology of SCALE-Sim's"
    yield "topology.csv", TOPOLOGY + "a,9,9,3,3,1,1,1,\n" * 6000, "more than 5,000 layers"
    many = "a,9,9,3,3,1,1,1,\n" * 300_000
    yield "topology.csv", TOPOLOGY + many, "a spec may have 4,194,304 at most"
    products = {
        ("M, N, K", "M, K, N"): "1:8: SCALE-Sim reads the columns of a product by their position",
        ("100, 40, 70", "100, 40"): "a product with 3 columns",
        ("100, 40, 70", "100, 40, 70, 3"): "a fourth size",
        ("100, 40, 70", "100, 0, 70"): "N is '0'",
        ("100, 40, 70", "=1+1, 40, 70"): "M is '=1\\+1'",
    }
    for (old, new), said in products.items():
        assert old in PRODUCTS
        yield "products.csv", PRODUCTS.replace(old, new, 1), said


def configurations() -> Iterator[Case]:
    changes = {
        ("ArrayHeight : 32\n", ""): "no 'ArrayHeight' in \\[architecture_presets\\]",
        ("ArrayHeight : 32", "ArrayHeight : 0"): "5:15: ArrayHeight is '0'",
        ("ArrayHeight : 32", "ArrayHeight : %(home)s"): "5:15: ArrayHeight is '%\\(home\\)s'",
        ("ArrayHeight : 32", "ArrayHeight : 999999999999"): "small.cfg:5",
        ("ArrayWidth : 16", "ArrayWidth :"): "ArrayWidth is nothing",
        ("ArrayWidth : 16", "ArrayWidth : 16\nArrayWidth : 8"): "7:1: duplicate key 'ArrayWidth'",
        ("ArrayWidth : 16", "ArrayWidth 16"): "'ArrayWidth 16' states nothing",
        ("IfmapSramSzkB : 64\n", ""): "no 'IfmapSramSzkB'",
        ("IfmapSramSzkB : 64", "IfmapSramSzkB : 64kB"): "the size of an SRAM in kB is '64kB'",
        ("Dataflow : ws", "Dataflow : rs"): "13:12: unknown dataflow 'rs'",
        ("Dataflow : ws", "Dataflow : WS"): "13:12: unknown dataflow 'WS'",
        ("Dataflow : ws\n", ""): "no 'Dataflow'",
        (": CALC", ": AUTO"): "unknown InterfaceBandwidth 'AUTO'",
        ("Bandwidth : 10\n", "Bandwidth : 0\n"): "Bandwidth is '0'",
        ("[general]\n", "name = x\n[general]\n"): "1:1: 'name' stands in no section",
        ("[run_presets]", "[run_presets"): "a section without its closing bracket",
        ("[run_presets]", "[general]"): "16:1: a second section \\[general\\]",
        ("[architecture_presets]", "[architecture]"): "1:1: no section \\[architecture_presets\\]",
        ("small", "sm\x00all"): "not text: character U\\+0000 in line 2",
    }
    for (old, new), said in changes.items():
        assert old in CONFIG
        text = CONFIG.replace("CALC", "USER") if "Bandwidth : 0" in new else CONFIG
        yield "small.cfg", text.replace(old, new, 1), said
    without = CONFIG.replace("Bandwidth : 10\n", "").replace("CALC", "USER")
    yield "small.cfg", without, "USER without a bandwidth"
    yield "small.txt", CONFIG, "this is no file of SCALE-Sim's"


def attacks() -> Iterator[Case]:
    """Yield files that take long to read."""
    wide = TOPOLOGY.replace("Conv1, 34", "Conv1, " + "1," * 10**6, 1)
    yield "topology.csv", wide, "1,000,009 columns; expected at most 100"
    yield "topology.csv", "a" * 3_000_000 + "\n", "1:1: this is no topology"
    yield "topology.csv", TOPOLOGY + "\n" * 3_000_000 + "a, 1\n", "a convolution with 2 columns"
    names = "".join(f"a{n},9,9,9,9,1,1,0,\n" for n in range(4_900))
    yield "topology.csv", TOPOLOGY + names, "the stride is '0'"
    blank = CONFIG.replace("[architecture_presets]", "\n " * 1_400_000 + "[architecture]")
    yield "small.cfg", blank, "no section \\[architecture_presets\\]"
    keys = "".join(f"key{n} : 1\n" for n in range(100_000))
    yield "small.cfg", CONFIG.replace("Dataflow : ws", f"Dataflow : sw\n{keys}"), "more than 1,000"
    sections = "".join(f"[s{n}]\n" for n in range(100_000))
    yield "small.cfg", CONFIG.replace(": ws", ": sw") + sections, "more than 1,000 lines"
    lines = "states nothing\n" * 100_000
    yield "small.cfg", CONFIG + lines, "'states nothing' states nothing"
