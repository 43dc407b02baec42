"""YAML read strictly: values, marks, the traps of YAML 1.1, and files made to do harm."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from accelsim import shipped, yamldoc
from accelsim.errors import SpecError
from accelsim.report.messages import render_all
from accelsim.workload.spec import read_workload
from accelsim.yamldoc import Node

BOTH_PARSERS = pytest.mark.parametrize("compiled", [True, False], ids=["libyaml", "python"])


def use_parser(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", compiled)


def said(text: str | bytes) -> str:
    with pytest.raises(SpecError) as caught:
        yamldoc.parse(text, "bad.yaml")
    return render_all(caught.value.problems)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("1.5", 1.5),
        ("1e-9", 1e-9),
        ("1E9", 1e9),
        (".5", 0.5),
        ("5.", 5.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ('"1"', "1"),
        ("'true'", "true"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("True", "True"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("010", "010"),
        ("0o10", "0o10"),
        ("0x10", "0x10"),
        ("0b10", "0b10"),
        ("1_000", "1_000"),
        ("2017-01-01", "2017-01-01"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("=", "="),
        ("9" * 31, "9" * 31),
    ],
)
@BOTH_PARSERS
def test_what_a_scalar_means(
    written: str, value: object, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_parser(compiled, monkeypatch)
    found = yamldoc.parse(f"key: {written}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_as_written() -> None:
    data = yamldoc.parse("{no: 1, 3: 2, 1.50: 3, null: 4, true: 5, '': 6}").data
    assert list(data) == ["no", "3", "1.50", "null", "true", ""]


def test_marks() -> None:
    document = yamldoc.parse(
        "top: [a, 'b c', {x: 1}]\nblock:\n- é: deep\n  text: >-\n    two\n    lines\n", "f.yaml"
    )
    assert str(document.where(("top", 1))) == "f.yaml:1:10"
    assert document.where(("top", 1)).length == len("'b c'")
    assert document.where(("top",)).length == len("[a, 'b c', {x: 1}]")
    assert str(document.where(("block", 0, "é"))) == "f.yaml:3:6"
    assert str(document.where_key(("block", 0, "é"))) == "f.yaml:3:3"
    assert str(document.where(("block", 0, "missing"))) == "f.yaml:3:3"
    assert document.where(("block", 0, "text")).text == "  text: >-"
    assert document.data["block"] == [{"é": "deep", "text": "two lines"}]


@pytest.mark.parametrize("text", ["a: 1\r\nb: [x]\r\n", "a: 1\rb: [x]", "a: 1\u2028b: [x]"])
def test_line_breaks_of_all_sorts(text: str) -> None:
    where = yamldoc.parse(text).where(("b", 0))
    assert (where.line, where.column, where.text) == (2, 5, "b: [x]")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert yamldoc.parse(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_an_alias_shares_its_value() -> None:
    data = yamldoc.parse("a: &x {k: [1, 2]}\nb: *x\nc: [*x]").data
    assert data == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": [{"k": [1, 2]}]}


def same(one: Node, other: Node) -> bool:
    if (one.mark, one.keys, one.text) != (other.mark, other.keys, other.text):
        return False
    if isinstance(one.value, dict) and isinstance(other.value, dict):
        return list(one.value) == list(other.value) and all(
            same(value, other.value[key]) for key, value in one.value.items()
        )
    if isinstance(one.value, list) and isinstance(other.value, list):
        return len(one.value) == len(other.value) and all(map(same, one.value, other.value))
    return one.value == other.value


@pytest.mark.parametrize("kind", shipped.FOLDERS)
def test_both_parsers_read_the_shipped_specs_alike(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [shipped.find(kind, name) for name in shipped.names(kind)]
    for path in sorted(paths, key=lambda path: path.stat().st_size)[:6]:
        roots = []
        for compiled in (True, False):
            use_parser(compiled, monkeypatch)
            roots.append(yamldoc.load(path).root)
        assert same(*roots), path


SYNTAX = {
    "no colon": (
        "kind: workload\nname small\nsource: x\n",
        (
            "bad.yaml:3:1: not valid YAML: while scanning a simple key (begun in line 2)"
            " could not find expected ':'\n"
            "    3 | source: x\n"
            "        ^"
        ),
    ),
    "a tab": (
        "kind: workload\nlayers:\n\t- a\n",
        (
            "bad.yaml:3:1: not valid YAML: while scanning for the next token found character"
            "{tab} that cannot start any token; indent with spaces, not tabs\n"
            "    3 |  - a\n"
            "        ^"
        ),
    ),
    "indentation": (
        "kind: workload\n  name: small\n",
        (
            "bad.yaml:2:7: not valid YAML: mapping values are not allowed {here};"
            " indent keys alike; quote text that has ': ' in it\n"
            "    2 |   name: small\n"
            "              ^"
        ),
    ),
    "a colon in text": (
        "source: Table 3: sizes\n",
        (
            "bad.yaml:1:16: not valid YAML: mapping values are not allowed {here};"
            " indent keys alike; quote text that has ': ' in it\n"
            "    1 | source: Table 3: sizes\n"
            "                       ^"
        ),
    ),
    "open bracket": (
        "keep: [Weights\nname: x\n",
        (
            "bad.yaml:2:5: not valid YAML: while parsing a flow sequence (begun in line 1)"
            " {bracket}\n"
            "    2 | name: x\n"
            "            ^"
        ),
    ),
}

WORDING = {
    True: {
        "tab": "",
        "here": "in this context",
        "bracket": "did not find expected ',' or ']'",
    },
    False: {"tab": " '\\t'", "here": "here", "bracket": "expected ',' or ']', but got ':'"},
}
"""The two parsers of PyYAML say the same things in slightly different words."""


@pytest.mark.parametrize("fault", SYNTAX)
@BOTH_PARSERS
def test_what_is_not_yaml(fault: str, compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    use_parser(compiled, monkeypatch)
    text, message = SYNTAX[fault]
    assert said(text) == message.format(**WORDING[compiled])


NINE = ",".join(["*{0}"] * 9)
HEAD = "kind: workload\nname: x\nlayers:\n"
LAYER = "- {name: a, shape: conv, M: 3}\n"
LINE_OF_X = "x" * 4_000_000

HOSTILE = {
    "alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{n}: &{n} [{NINE.format(chr(ord(n) - 1))}]\n" for n in "bcdefghi"),
        (
            "bad.yaml:5:8: aliases expand to more than 10,000 values\n"
            "    5 | e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
            "               ^^"
        ),
    ),
    "aliases that nest": (
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100)),
        (
            "bad.yaml:50:12: nested deeper than 50 levels\n"
            "   50 | a49: &a49 [*a48]\n"
            "                   ^^^^"
        ),
    ),
    "deep brackets": (
        "kind: " + "[" * 100_000,
        "bad.yaml:1:56: nested deeper than 50 levels\n"
        f"    1 | kind: {'[' * 91}...\n" + " " * 63 + "^",
    ),
    "deep blocks": (
        "".join(" " * i + "a:\n" for i in range(1500)),
        f"bad.yaml:51:51: nested deeper than 50 levels\n   51 | {' ' * 50}a:\n{' ' * 58}^",
    ),
    "a million values": (
        "kind: [" + "1," * 1_000_000 + "]",
        "bad.yaml:1:100002: more than 50,000 values in one file\n"
        f"    1 | ...{'1,' * 47}...\n" + " " * 71 + "^",
    ),
    "an anchor inside itself": (
        "kind: &a {b: [*a]}",
        (
            "bad.yaml:1:15: anchor 'a' contains itself\n"
            "    1 | kind: &a {b: [*a]}\n"
            "                      ^^"
        ),
    ),
    "a cycle of the whole file": (
        "&all\nkind: workload\nname: *all\n",
        "bad.yaml:3:7: anchor 'all' contains itself\n    3 | name: *all\n              ^^^^",
    ),
    "an anchor on a key": (
        "&a kind: workload\nname: *a",
        "bad.yaml:2:7: unknown anchor 'a'\n    2 | name: *a\n              ^^",
    ),
    "an alias as key": (
        "kind: &a workload\n*a : 1",
        "bad.yaml:2:1: an alias cannot be a key\n    2 | *a : 1\n        ^^",
    ),
    "a huge value": (
        f"{HEAD}- {LINE_OF_X}",
        f"bad.yaml:4:3: a layer must be keys and values, not '{'x' * 37}...'\n"
        f"    4 | - {'x' * 95}...\n" + " " * 10 + "^" * 98,
    ),
    "a huge number": (
        f"{HEAD}- {{name: a, shape: conv, M: {'9' * 1_000_000}}}",
        "bad.yaml:4:29: an expression of 1000000 characters; expected at most 200\n"
        f"    4 | - {{name: a, shape: conv, M: {'9' * 69}...\n" + " " * 36 + "^" * 72,
    ),
    "a huge expression": (
        f"{HEAD}- {{name: a, shape: conv, M: '{'(' * 190}'}}",
        f"bad.yaml:4:29: '{'(' * 37}...' is not a number; expected a whole number or an expression"
        " of parameters with + - * / ( )\n"
        f"    4 | - {{name: a, shape: conv, M: '{'(' * 68}...\n" + " " * 36 + "^" * 72,
    ),
    "too many layers": (
        HEAD + LAYER * 3000,
        (
            "bad.yaml:4:1: 'layers' is too long; expected at most 2000\n"
            "    4 | - {name: a, shape: conv, M: 3}\n"
            "        ^"
        ),
    ),
    "a page of questions": (
        "? " * 2_000_000,
        (
            "bad.yaml:1:3: a key must be a plain word, not a list or mapping\n"
            f"    1 | {'? ' * 48}?...\n          ^"
        ),
    ),
    "a page of dashes": (
        "- " * 2_000_000,
        "bad.yaml:1:101: nested deeper than 50 levels\n"
        f"    1 | ...{'- ' * 47}...\n" + " " * 71 + "^",
    ),
    "a page of comments": (
        "#" * 4_000_000,
        "bad.yaml: the file is empty; expected a spec that begins with `kind:`",
    ),
    "a page of line breaks": (
        "\n" * 4_000_000,
        "bad.yaml: the file is empty; expected a spec that begins with `kind:`",
    ),
    "two documents": (
        "kind: workload\n--- {kind: workload}\n",
        (
            "bad.yaml:2:1: a second document starts here; expected one document in a file\n"
            "    2 | --- {kind: workload}\n"
            "        ^"
        ),
    ),
    "a tag that runs code": (
        "!!python/object/apply:os.system ['true']",
        (
            "bad.yaml:1:1: tag '!!python/object/apply:os.system' is not allowed;"
            " a spec is plain YAML\n"
            "    1 | !!python/object/apply:os.system ['true']\n"
            "        ^"
        ),
    ),
    "a tag that is harmless": (
        "kind: !!str workload",
        (
            "bad.yaml:1:7: tag '!!str' is not allowed; a spec is plain YAML\n"
            "    1 | kind: !!str workload\n"
            "              ^"
        ),
    ),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_hostile_texts(harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, message = HOSTILE[harm]
    Path("bad.yaml").write_text(text, encoding="utf-8")
    begun = time.process_time()
    with pytest.raises(SpecError) as caught:
        read_workload("bad.yaml")
    assert time.process_time() - begun < 2
    assert render_all(caught.value.problems) == message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: \xff\xfe", "bad.yaml: not UTF-8 text: byte 0xff in line 1"),
        (b"a: 1\nb: \xc3", "bad.yaml: not UTF-8 text: byte 0xc3 in line 2"),
        ("a: 1".encode("utf-16"), "bad.yaml: not UTF-8 text: byte 0xff in line 1"),
        (b"\x7fELF\x00\x01", "bad.yaml: not text: character U+007F in line 1"),
        (b"a: 1\n\x00", "bad.yaml: not text: character U+0000 in line 2"),
        (b"\x89PNG\r\n", "bad.yaml: not UTF-8 text: byte 0x89 in line 1"),
        ("a: \ufffe".encode(), "bad.yaml: not text: character U+FFFE in line 1"),
    ],
)
def test_binary(raw: bytes, message: str) -> None:
    assert said(raw) == message


def loaded(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        yamldoc.load(path)
    return render_all(caught.value.problems)


def test_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    os.mkfifo("pipe.yaml")
    long = "x" * 300
    assert [
        loaded(Path(name))
        for name in ("folder.yaml", "loop.yaml", "pipe.yaml", "none.yaml", long, "a\0b")
    ] == [
        "folder.yaml: this is a directory, not a file",
        "loop.yaml: cannot be read: too many levels of symbolic links",
        "pipe.yaml: this is not a regular file",
        "none.yaml: cannot be read: no such file or directory",
        f"{long}: cannot be read: file name too long",
        "'a\\x00b': cannot be read: not a path",
    ]


def test_a_file_of_100_mb_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("large.yaml").open("wb") as stream:
        stream.truncate(100_000_000)
    begun = time.process_time()
    message = loaded(Path("large.yaml"))
    assert time.process_time() - begun < 0.1
    assert message == (
        "large.yaml: the file has 100,000,000 bytes; a spec may have 4,194,304 at most"
    )


def test_paths_are_shown_as_a_person_would_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert yamldoc.shown_path(tmp_path / "a" / "b.yaml") == "a/b.yaml"
    assert yamldoc.shown_path(tmp_path.parent / "b.yaml") == str(tmp_path.parent / "b.yaml")
