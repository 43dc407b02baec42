"""What all verbs have in common: help, version, errors of every kind, interruption, completion."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli
from accelsim.errors import MissingExtraError
from tests.cli.conftest import ROOT, Call
from tests.small import LAYER, MACHINE, TABLE

VERBS = [verb.__name__ for verb in cli.VERBS]


def process(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "accelsim", *map(str, words)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_version() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"accelsim {acs.__version__}\n", "")


def test_help_names_every_verb(call: Call) -> None:
    done = call("--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"  {verb} " in done.out for verb in VERBS)
    assert call("-h") == done


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(call: Call, verb: str) -> None:
    done = call(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert "--json" in done.out
    assert "--debug" in done.out


def test_no_verb_is_a_mistake_with_help(call: Call) -> None:
    done = call()
    assert (done.code, done.out) == (2, "")
    assert "Missing command" in done.err


def test_an_unknown_verb(call: Call) -> None:
    assert call("compair").code == 2
    data = json.loads(call("compair", "--json").out)
    assert (data["verb"], data["exit_code"]) == ("", 2)
    assert "compair" in data["problems"][0]["what"]


def test_an_unknown_option(call: Call) -> None:
    done = call("list", "--colour")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("No such option")
    assert done.err.endswith("; see accelsim list --help\n")


def test_a_defect_asks_for_a_report(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(acs, "list", broken)
    message = (
        "internal error: ZeroDivisionError: by zero; please report it, with what the same command"
        " prints under --debug"
    )
    assert call("list") == (1, "", f"{message}\n")
    data = json.loads(call("list", "--json").out)
    assert (data["exit_code"], data["problems"][0]["message"]) == (1, message)
    debugged = call("list", "--debug")
    assert debugged.err.startswith("Traceback")
    assert debugged.err.endswith(f"{message}\n")


def test_a_missing_extra(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object) -> None:
        raise MissingExtraError("pandas", "frames")

    monkeypatch.setattr(acs, "list", lacking)
    assert call("list") == (
        5,
        "",
        "this needs pandas; `pip install 'accelsim[frames]'` brings it\n",
    )


def test_debug_shows_where_a_spec_was_refused(call: Call) -> None:
    done = call("show", "nothing-like-it", "--debug")
    assert done.code == 3
    assert done.err.startswith("Traceback")


def test_an_interrupt_outside_a_search(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(acs, "list", interrupted)
    assert call("list") == (130, "", "interrupted\n")


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    """A real process with an endless budget, stopped as a terminal would stop it."""
    words = ["run", "eyeriss", "alexnet:fc8", "--dataflow", "rs", "--seconds", 200]
    with subprocess.Popen(
        [sys.executable, "-m", "accelsim", *map(str, words), "-o", tmp_path, "--progress", "json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        first = json.loads(running.stderr.readline())
        running.send_signal(signal.SIGINT)
        asked = time.monotonic()
        out, err = running.communicate(timeout=60)
        waited = time.monotonic() - asked
    assert first["event"] == "progress"
    assert first["row"] == "rs"
    assert running.returncode == 130
    assert waited < 30  # a second where nothing else runs
    assert "stopping with the best so far; press again to quit at once\n" in err
    assert err.endswith("interrupted: this is the best so far\n")
    assert out.startswith("by layer\n")
    facts = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert facts["run"]["rows"][0]["stopped_by"] == "stop"


def test_a_reader_who_has_enough() -> None:
    """``accelsim list | head -1``: no complaint about the closed pipe."""
    command = f'set -o pipefail; "{sys.executable}" -m accelsim show eyeriss | head -1'
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("kind: architecture\n", "")


def test_a_terminal_that_knows_no_greek() -> None:
    done = process("show", "eyeriss", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    words = ("evaluate", MACHINE, LAYER, ROOT / "tests/small/mapping.yaml", "--technology", TABLE)
    done = process(*words, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "level    Weights" in done.stdout


def test_no_colour_in_a_pipe_nor_where_it_is_not_wanted() -> None:
    words = ("evaluate", MACHINE, LAYER, ROOT / "tests/small/mapping.yaml", "--technology", TABLE)
    assert "\x1b" not in process(*words).stdout
    assert "\x1b" not in process(*words, FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("accelsim compa", ["compare"]),
        ("accelsim run eyeriss_", ["eyeriss_rf512", "eyeriss_shared"]),
        ("accelsim run eyeriss alexn", ["alexnet"]),
        ("accelsim run eyeriss alexnet --dataflow os_", ["os_a", "os_b", "os_c"]),
        ("accelsim run eyeriss alexnet --objective l", ["latency"]),
    ],
)
def test_the_shell_completes_words(typed: str, offered: list[str]) -> None:
    done = process(
        COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1), _ACCELSIM_COMPLETE="complete_bash"
    )
    assert (done.returncode, done.stdout.split()) == (0, offered)
