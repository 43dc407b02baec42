"""Broken and hostile files of ZigZag's, made from small sound ones."""

from __future__ import annotations

from collections.abc import Iterator


def broken() -> Iterator[tuple[str, str, str, str]]:
    """Yield a file, what is replaced in it by what, and what the message says."""
    yield "acc.yaml", "  rf:\n", "  rf: 3\n  rg:\n", "'rf' must be keys and values"
    yield "acc.yaml", "    size: 8\n", "    size: big\n", "4:11: 'size' is 'big'|'size' is 'big'"
    yield "acc.yaml", "    size: 8\n", "    size: .nan\n", "'size' is '.nan'"
    yield "acc.yaml", "    size: 8\n", f"    size: {'9' * 400}\n", "'size' is '999"
    yield "acc.yaml", "    size: 8\n", "", "'size' is no number"
    yield "acc.yaml", "    r_bw: 8\n", "    r_bw: 0\n", "'r_bw' is '0'"
    yield "acc.yaml", "operands: [I2]", "operands: [I9]", "unknown operand 'I9'"
    yield "acc.yaml", "operands: [I2]", "operands: I2", "'operands' must be a list"
    yield "acc.yaml", "tl: r_port_1}\n    served", "up: r_port_1}\n    served", "movement 'up'"
    yield "acc.yaml", "tl: r_port_1}\n    served", "tl: x}\n    served", "unknown port 'x'"
    ports = "{fh: w_port_1, tl: r_port_1}\n    served"
    yield "acc.yaml", ports, "{fh: r_port_1, tl: r_port_1}\n    served", "'fh' is a write"
    yield "acc.yaml", ports, "{fh: wr_port_1, tl: r_port_1}\n    served", "unknown port"
    yield "acc.yaml", ports, "{fh: w_port_1}\n      - {tl: r_port_1}\n    served", "one each"
    newer = "{name: p, type: read, bandwidth_max: 8, allocation: [%s]}\n    served"
    yield "acc.yaml", ports, newer % '"I2 to"', "no movement of an operand"
    yield "acc.yaml", ports, newer % '"I1, tl"', "does not hold 'I1'"
    yield "acc.yaml", ports, newer % '"I2, tl", "I2, tl"', "has two ports"
    yield "acc.yaml", ports, newer.replace("read", "both") % '"I2, tl"', "is of type 'both'"
    yield "acc.yaml", ports, newer.replace("8", "-8") % '"I2, tl"', "'bandwidth_max' is '-8'"
    many = "".join(f"  m{n}: *m\n" for n in range(4_000))
    yield "acc.yaml", "  rf:\n", f"{many}  rf: &m\n", "unknown anchor"
    copies = "".join(f"  m{n}: {{size: 8}}\n" for n in range(4_000))
    yield "acc.yaml", "  rf:\n", f"{copies}  rf:\n", "'ports' must be a list"
    yield "acc.yaml", "[D1]", "[D7]", "serves 'D7', which the array lacks"
    yield "acc.yaml", "served_dimensions: []", "served_dimensions: [D2]", "dims within each other"
    yield "acc.yaml", "sizes: [4, 2]", "sizes: [4]", "2 dims of 1 sizes"
    yield "acc.yaml", "sizes: [4, 2]", "sizes: [4, 0]", "'sizes' is '0'"
    yield "acc.yaml", "operational_array", "array", "there is no array of multipliers"
    yield "acc.yaml", "  unit_energy: 0.04", "  is_imc: True", "compute in memory"
    yield "acc.yaml", "name: small", "name: !!python/name:os.system ''", "tag"
    yield "acc.yaml", "name: small", "name: &a [*a]", "contains itself|unknown anchor"
    yield "acc.yaml", "name: small", "name: small\nname: two", "duplicate"
    yield "net.yaml", "O[b][k]+=W[k][c]*I[b][c]", "O[b]+=exec('x')", "is no equation"
    yield "net.yaml", "O[b][k]+=W[k][c]*I[b][c]", "O[b][k]+=W[k][z]*I[b][c]", "no loop 'Z'"
    yield "net.yaml", "O[b][k]+=W[k][c]*I[b][c]", f"O{'[b]' * 5000}", "is no equation"
    yield "net.yaml", "O[b][k]+=W", "Z[b][k]+=W", "the output is called 'Z'"
    yield "net.yaml", "[3, 4, 8]", "[3, 4]", "3 loop dims of 2 sizes"
    yield "net.yaml", "[3, 4, 8]", "[3, 4, x]", "size of C' is 'x'"
    yield "net.yaml", "[3, 4, 8]", "[3, 4, 0]", "size of C' is '0'"
    yield "net.yaml", "ix=2*ox+1*fx", "ix=2*ox*fx", "is no relation of dims"
    yield "net.yaml", "ix=2*ox+1*fx", f"ix={'9' * 50}*ox+fx", "is no relation of dims"
    yield "net.yaml", "- id: 1\n", "- id: gemm\n", "a second layer 'gemm'"
    yield "net.yaml", "W: 8, I: 8", "W: a, I: 8", "precision of W' is 'a'"
    beside = "  pr_loop_dims: [IX, IY]\n  %s\n  loop_sizes: [1, 8"
    yield "net.yaml", "  loop_sizes: [1, 8", beside % "pr_loop_sizes: [4]", "for 2 pr_loop_dims"
    yield "net.yaml", "  loop_sizes: [1, 8", beside % "padding: [[x, 1], 2]", "padding' is 'x'"
    yield (
        "net.yaml",
        "  loop_sizes: [3, 4",
        "  pr_loop_dims: [IX]\n  padding: [[1, 1]]\n  loop_sizes: [3, 4",
        "'IX' is in no relation",
    )
    yield "net.yaml", "- id: 0\n", "- {" + ", " * 1_500_000 + "}\n- id: 0\n", "not valid YAML"
    yield "acc.yaml", "    r_bw: 64\n", "    r_bw: 64\n    min_r_granularity: .nan\n", "'.nan'"
    yield "acc.yaml", "    r_bw: 64\n", "    r_bw: 64\n    min_w_granularity: 0\n", "is '0'"
    yield "spatial.yaml", "C, 4", "[" * 4000 + "]" * 4000, "nested deeper"
    yield "spatial.yaml", "C, 4", "C 4", "is no share of a loop"
    yield "spatial.yaml", "C, 4", "C, 0", "is no share of a loop"
    yield "spatial.yaml", "- C, 4", "  C: 4", "'D1' must be a list"
    yield "spatial.yaml", "W: I2", "W: I1", "'W' is linked to 'I1'"
    yield "spatial.yaml", "  spatial_mapping:", "  core_allocation:", "there is no spatial_mapping"
    order = "  temporal_ordering: %s\n  memory_operand_links"
    yield "spatial.yaml", "  memory_operand_links", order % "[[C, 0]]", "no loop of temporal_order"
    yield "spatial.yaml", "  memory_operand_links", order % "[C, 4]", "no loop of temporal_order"
    yield "spatial.yaml", "  memory_operand_links", order % "all", "must be a list"
    loops = f"[{', '.join(['[C, 1]'] * 4_000)}, 3]"
    yield "spatial.yaml", "  memory_operand_links", order % loops, "no loop of temporal_order"
    blank = "  \n" * 900_000
    yield "spatial.yaml", "- name: default\n", f"- 3\n{blank}- name: default\n", "an entry must be"
