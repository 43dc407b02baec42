"""Broken and hostile files of Timeloop's, made from small sound ones."""

from __future__ import annotations

from collections.abc import Iterator

Case = tuple[str, dict[str, str], str]
"""Name, files, and what the message says."""

ARCH = """\
architecture:
  version: 0.4
  nodes:
  - !Container {name: chip, attributes: {datawidth: 16}}
  - !Component {name: DRAM, class: DRAM}
  - !Component {name: GLB, class: SRAM, attributes: {depth: 64 * 8}}
  - !Container {name: PE, spatial: {meshX: 4}}
  - !Component {name: RF, class: regfile, attributes: {depth: 16}}
  - !Component {name: MAC, class: intmac}
"""

TREE = """\
architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM}
    subtree:
    - name: chip
      local:
      - {name: GLB, class: SRAM, attributes: {depth: 512}}
      subtree:
      - name: PE[0..3]
        local:
        - {name: RF, class: regfile, attributes: {depth: 16}}
        - {name: MAC, class: intmac}
"""

PROBLEM = """\
problem:
  shape:
    name: gemm
    dimensions: [M, N, K]
    coefficients:
    - {name: two, default: 2}
    data_spaces:
    - {name: A, projection: [[[M]], [[K]]]}
    - {name: B, projection: [[[K]], [[N]]]}
    - {name: Z, projection: [[[M]], [[N]]], read_write: true}
  instance: {M: 4, N: 4, K: 4}
"""

MAPPING = """\
mapping:
- {target: DRAM, type: temporal, factors: [M=4], permutation: [M]}
- {target: GLB, type: temporal, factors: [N=4]}
- {target: PE, type: spatial, factors: [K=4]}
- {target: RF, type: dataspace, keep: [A], bypass: [B]}
"""

ERT = """\
ERT:
  version: 0.4
  tables:
  - {name: DRAM, actions: [{name: read, energy: 4}, {name: write, energy: 4}]}
"""

SOUND = {"arch.yaml": ARCH, "problem.yaml": PROBLEM, "map.yaml": MAPPING}


def changed(file: str, old: str, new: str) -> dict[str, str]:
    text = {**SOUND, "tree.yaml": TREE, "ert.yaml": ERT}[file]
    assert old in text, (file, old)
    others = {name: it for name, it in SOUND.items() if name != file}
    if file == "tree.yaml":
        del others["arch.yaml"]
    return {**others, file: text.replace(old, new)}


def yaml_itself() -> Iterator[Case]:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    deep = "architecture: " + "[" * 3000
    keys = "architecture:\n" + "".join(f"  k{n}: {n}\n" for n in range(60_000))
    texts = {
        "a python object": ("x: !!python/object/apply:os.system [echo]", "not allowed|unknown tag"),
        "an unknown tag": ("architecture:\n  nodes:\n  - !Compnent {name: x}", "!Compnent"),
        "a tag of another program": ("architecture: !include /etc/hostname", "unknown tag"),
        "a cyclic anchor": ("architecture: &a\n  nodes: [*a]", "contains itself"),
        "a cyclic merge": ("architecture: &a\n  <<: *a", "contains itself"),
        "an unknown anchor": ("architecture: {nodes: *nowhere}", "unknown anchor"),
        "a merge of a number": ("architecture:\n  <<: 3\n  nodes: []", "takes over keys"),
        "a deep merge of a list": ("architecture:\n  <<<: [1, 2]\n  nodes: []", "takes over keys"),
        "aliases that explode": (bomb + "architecture: *i", "aliases expand"),
        "nested without end": (deep, "nested deeper"),
        "very many values": (keys, "more than 50,000 values"),
        "a duplicate key": ("architecture: {nodes: []}\narchitecture: {nodes: []}", "duplicate"),
        "a second document": ("architecture: {nodes: []}\n---\nproblem: {}", "second document"),
        "a list": ("- architecture\n- problem", "holds a list"),
        "a word": ("architecture", "holds a single value"),
        "a key that is a list": ("? [a, b]\n: c\narchitecture: 1", "key must be"),
        "a tab": ("architecture:\n\tnodes: []", "tab"),
        "an open bracket": ("architecture: {nodes: [", "not valid YAML"),
        "control characters": ("architecture: \x07", "not text"),
        "an unknown section": ("architektur: {nodes: []}", "unknown section"),
        "a spec of ours": ("kind: architecture\nname: x\narchitecture: {}", "accelsim's own"),
    }
    for name, (text, said) in texts.items():
        yield name, {"bad.yaml": text}, said


def architectures() -> Iterator[Case]:
    nodes = {
        "a number for nodes": ("  nodes:\n", "  nodes: 3\n  more:\n", "'nodes' must be a list"),
        "a version of the future": ("version: 0.4", "version: 0.5", "generation '0.5'"),
        "nodes in generation 0.3": ("version: 0.4", "version: 0.3", "'nodes' in an architecture"),
        "nodes and a subtree": ("  nodes:\n", "  subtree: []\n  nodes:\n", "nodes and subtree"),
        "a node without a tag": ("- !Container {name: PE", "- {name: PE", "no tag"),
        "a node that is a word": (
            "!Component {name: RF, class: regfile, attributes: {depth: 16}}",
            "!Component RF",
            "keys and values",
        ),
        "a component without a class": (", class: regfile", "", "has no 'class'"),
        "a node without a name": ("{name: GLB, class", "{class", "has no 'name'"),
        "two of a name": ("name: RF", "name: GLB", "two nodes are called 'GLB'"),
        "no compute": ("class: intmac", "class: regfile", "no compute"),
        "no memory": ("DRAM, class: DRAM", "DRAM, class: intmac", "no storage at its top|second"),
        "a memory inside the compute": (
            "class: intmac}",
            ("class: intmac}\n  - !Component {name: X, class: SRAM}"),
            "further in than the compute",
        ),
        "a mesh of 0": ("meshX: 4", "meshX: 0", "'meshX' is 0"),
        "a depth of very many digits": ("depth: 16", f"depth: {'9' * 5000}", "depth"),
        "a depth of very many bits": ("depth: 16", f"depth: 0x{'f' * 5000}", "depth"),
        "a depth to the base of 60": ("depth: 16", f"depth: 1{':59' * 5000}", "depth"),
        "a depth that is no number": ("depth: 16", "depth: .nan", "'.nan'"),
        "a depth that is a day": ("depth: 16", "depth: 2020-02-30", "depth|day"),
        "a mesh without end": ("meshX: 4", "meshX: 2**40", "at most 2"),
        "a fanout around the top": (
            "name: DRAM, class: DRAM",
            ("name: DRAM, class: DRAM, spatial: {meshX: 2}"),
            "outermost storage has a fanout",
        ),
        "a container in parallel": (
            "- !Container {name: PE",
            ("- !Parallel {nodes: [!Container {name: Q}]}\n  - !Container {name: PE"),
            "under !Parallel",
        ),
        "attributes that are a list": (
            "attributes: {depth: 16}",
            "attributes: [depth]",
            "keys and values",
        ),
        "a depth of words": ("depth: 16", "depth: [16]", "'depth' is not a number"),
        "a depth below 0": ("depth: 16", "depth: -16", "'depth' is -16"),
        "a flag that is none": (
            "class: regfile",
            "enabled: maybe, class: regfile",
            "neither true nor false",
        ),
        "a width that fits no word": ("depth: 16", "depth: 16, width: 10", "whole words"),
        "a bandwidth of 0": ("depth: 16", "read_bandwidth: 0", "'read_bandwidth' is 0"),
        "an unknown constraint": (
            "attributes: {depth: 16}",
            "constraints: {temporary: {}}",
            "unknown constraint 'temporary'",
        ),
        "an unknown data-space": (
            "attributes: {depth: 16}",
            ("constraints: {dataspace: {keep: [Weihgts]}}"),
            "unknown data-space 'Weihgts'",
        ),
        "kept and bypassed": (
            "attributes: {depth: 16}",
            ("constraints: {dataspace: {keep: [A], bypass: [A]}}"),
            "both kept and bypassed",
        ),
        "the top is bypassed": (
            "name: DRAM, class: DRAM",
            ("name: DRAM, class: DRAM, constraints: {dataspace: {bypass: [A]}}"),
            "bypasses the outermost",
        ),
    }
    for name, (old, new, said) in nodes.items():
        yield name, changed("arch.yaml", old, new), said
    trees = {
        "a tag in a tree": ("- {name: RF", "- !Component {name: RF", "is of generation 0.4"),
        "two branches": (
            "    subtree:\n    - name: chip",
            ("    subtree:\n    - name: other\n    - name: chip"),
            "2 branches",
        ),
        "a range that is empty": ("PE[0..3]", "PE[3..0]", "is empty"),
        "a range that is none": ("PE[0..3]", "PE[four]", "is no name"),
        "a range without end": ("PE[0..3]", "PE[0..99999999999]", "is no name"),
        "a mesh that does not fit": (
            "name: RF, class: regfile, attributes: {",
            ("name: RF, class: regfile, attributes: {meshX: 3, "),
            "do not fill",
        ),
        "a level without a class": (", class: regfile", "", "has no 'class'"),
        "a level that is a word": ("- {name: MAC, class: intmac}", "- MAC", "keys and values"),
    }
    for name, (old, new, said) in trees.items():
        yield name, changed("tree.yaml", old, new), said
    yield "bare", {"bad.yaml": "architecture: {version: 0.4}"}, "has no levels"
    yield "a number", {"bad.yaml": "architecture: 7"}, "keys and values"
    yield "mixed generations", {**SOUND, "tree.yaml": TREE}, "a second 'architecture'"
    twice = {**SOUND, "arch-checkpoint.yaml": ARCH}
    yield "a checkpoint beside the file", twice, "checkpoint of Jupyter's"
    yield "flat without arithmetic", {"bad.yaml": "architecture: {storage: []}"}, "'arithmetic'"


def expressions() -> Iterator[Case]:
    texts = {
        "a call": ("__import__('os').system('touch hacked')", "calls something|calls"),
        "an attribute": ("(1).__class__", "is not a number"),
        "a subscript": ("[1, 2][0]", "is not a number|not valid"),
        "a lambda": ("(lambda: 1)()", "calls something"),
        "a comprehension": ("[x for x in (1, 2)]", "is not a number"),
        "a walrus": ("(x := 3)", "is not a number"),
        "a string": ("'16' * 3", "is not a number|not valid"),
        "a power without end": ("9**9**9**9", "too large"),
        "a power of a power": ("2**10**10", "too large"),
        "an infinite number": ("1e999 / 2", "too large"),
        "a number of many digits": ("round(5, -2**61)", "has no value"),
        "arguments without end": ("max(*[1] * 10**9)", "is not a number"),
        "a formatted text": ("f'{__import__(1)}'", "is not a number|not valid"),
        "another alphabet": ("ｅval(1)", "calls 'eval'"),
        "a root of less than 0": ("sqrt(-1)", "has no value"),
        "a division by 0": ("1 / 0", "has no value"),
        "an unknown name": ("wrods * 2", "unknown name 'wrods'"),
        "itself": ("depth + 1", "hangs on itself"),
        "too many arguments": ("floor(1, 2, 3)", "has no value"),
        "a keyword": ("round(number=3)", "calls 'round'"),
        "brackets in brackets": ("(" * 240 + "1" + ")" * 240, "not a number"),
        "very long": ("1 + " * 300 + "1", "at most 500"),
        "a shift": ("1 << 60", "is not a number"),
        "a complex number": ("2j * 2j", "is not a number"),
    }
    for name, (text, said) in texts.items():
        files = changed("arch.yaml", "depth: 16", f'depth: "{text}"')
        yield f"an expression: {name}", files, said
    circle = {**SOUND, "vars.yaml": "variables: {a: b + 1, b: c, c: a * 2}"}
    circle["arch.yaml"] = ARCH.replace("depth: 16", "depth: a")
    yield "variables in a circle", circle, "hangs on itself"


def problems() -> Iterator[Case]:
    edits = {
        "no shape": ("  shape:", "  form:", "no 'shape'"),
        "an unknown shape": (
            "problem:\n  shape:",
            "problem:\n  shape: cnn-lair\n  form:",
            "unknown shape",
        ),
        "no dimensions": ("    dimensions: [M, N, K]\n", "", "no 'dimensions'"),
        "a dimension twice": ("[M, N, K]", "[M, N, K, M]", "listed twice"),
        "no data-spaces": ("    data_spaces:", "    spaces:", "no 'data_spaces'"),
        "a data-space without a name": ("{name: A, ", "{", "has no 'name'"),
        "a data-space twice": ("{name: B", "{name: A", "described twice"),
        "a projection of an unknown dim": ("[[M]], [[K]]]}", "[[M]], [[X]]]}", "'X' is neither"),
        "a product of dims": ("[[M]], [[K]]]}", "[[M, K]]]}", "has 2 dims"),
        "a product of nothing": ("[[M]], [[K]]]}", "[[]]]}", "has 0 dims"),
        "a sum without brackets": ("[[M]], [[K]]]}", "[M, K]]}", "a sum of products"),
        "a coefficient without a value": (", default: 2", "", "neither a default"),
        "nothing is written": (", read_write: true", "", "0 data-spaces are written"),
        "two are written": (
            "[[K]], [[N]]]}",
            "[[K]], [[N]]], read_write: true}",
            "2 data-spaces are written",
        ),
        "a size is missing": (", K: 4}", "}", "gives dimension 'K' no size"),
        "a size of 0": ("K: 4", "K: 0", "'K' is 0"),
        "a size that is a word": ("K: 4", "K: four", "unknown name 'four'"),
        "a size without end": ("K: 4", "K: 2**50", "is 1125899906842624"),
        "a dim in two ranks": ("[[M]], [[K]]]}", "[[M]], [[M], [K, two]]]}", "M"),
    }
    for name, (old, new, said) in edits.items():
        yield f"a problem: {name}", changed("problem.yaml", old, new), said
    yield "a problem: a list", {"bad.yaml": "problem: [M, N]"}, "keys and values"


def mappings() -> Iterator[Case]:
    edits = {
        "no target": ("target: DRAM, ", "", "has no 'target'"),
        "an unknown type": (
            "type: temporal, factors: [M=4]",
            "type: temporary, factors: [M=4]",
            "unknown type 'temporary'",
        ),
        "an unknown target": ("target: GLB", "target: GBL", "has no level 'GBL'"),
        "a number beyond the levels": ("target: GLB", "target: 9", "has no level '9'"),
        "no fanout there": ("target: PE", "target: RF", "no fanout inside"),
        "a spatial loop over nothing": ("[K=4]", "[X=4]", "has no dim 'X'"),
        "a factor without a number": ("[M=4]", "[M=]", "is not a factor"),
        "a factor below 0": ("[M=4]", "[M=-4]", "the factor -4"),
        "factors that do not multiply": ("[M=4]", "[M=3]", "multiply to 3"),
        "a limit in a mapping": ("[M=4]", "[M<=4]", "one choice"),
        "two factors of a dim": ("[M=4]", "[M=2, M=2]", "two factors"),
        "two zeros": (
            "[M=4]",
            "[M=0, N=0]\n- {target: GLB, type: temporal, factors: [N=0, M=0]",
            "second|not valid",
        ),
        "a permutation of an unknown dim": ("permutation: [M]", "permutation: [X]", "no dim 'X'"),
        "a dim twice in a permutation": ("permutation: [M]", "permutation: [M, M]", "is twice"),
        "an unknown tensor": ("keep: [A]", "keep: [Q]", "unknown data-space 'Q'"),
        "more lanes than there are": ("[K=4]", "[K=8]", "multiply to 8"),
        "a last turn that is not": ("[N=4]", '["N=3,1"]', "multiply|last turns"),
        "what the machine says": ("factors: [K=4]", "factors: [K=4], no_reuse: [Q]", "'Q'"),
        "a directive that is a word": (
            "- {target: RF",
            "- hello\n- {target: RF",
            "must be keys and values",
        ),
    }
    for name, (old, new, said) in edits.items():
        yield f"a mapping: {name}", changed("map.yaml", old, new), said
    yield "a mapping alone", {"map.yaml": MAPPING}, "together with its architecture"
    yield "a mapping that is a word", {**SOUND, "map.yaml": "mapping: none"}, "must be a list"


def tables() -> Iterator[Case]:
    edits = {
        "without tables": ("tables:", "table:", "no tables"),
        "an energy below 0": (
            "energy: 4}, {name: w",
            "energy: -4}, {name: w",
            "the energy of an action",
        ),
        "a table without a name": ("{name: DRAM, ", "{", "no name"),
    }
    for name, (old, new, said) in edits.items():
        yield f"an ERT: {name}", {**SOUND, **changed("ert.yaml", old, new)}, said


def cases() -> list[Case]:
    groups = (yaml_itself, architectures, expressions, problems, mappings, tables)
    return [case for group in groups for case in group()]
