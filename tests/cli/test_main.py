"""What all verbs have in common: help, version, errors of every kind, interruption, completion."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import accelsim as acs
from accelsim import cli
from accelsim.cli.interrupt import Interrupt
from accelsim.errors import MissingExtraError, Problem, UsageError
from accelsim.report.results import Comparison, NetworkRun
from tests.cli.conftest import ROOT, Call
from tests.small import IMPOSSIBLE, INPUTS, LAYER, MACHINE, MAPPING, OUTPUTS, TABLE

VERBS = [*cli.NAMES]
CALLS = {name: verb.__name__ for name, verb in zip(cli.NAMES, cli.VERBS, strict=True)}

SEARCHED = ("--technology", TABLE, "--samples", 50, "--progress", "none")


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
    words = ["run", "eyeriss", "alexnet:fc8", "--driver", "sampling", "--seconds", 200]
    with subprocess.Popen(
        [sys.executable, "-m", "accelsim", *map(str, words), "-o", tmp_path, "--progress", "json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        events = map(json.loads, running.stderr)
        first = next(event for event in events if event["best_energy"] is not None)
        running.send_signal(signal.SIGINT)
        asked = time.monotonic()
        out, err = running.communicate(timeout=60)
        waited = time.monotonic() - asked
    assert first["event"] == "progress"
    assert first["row"] == "eyeriss"
    assert running.returncode == 130
    assert waited < 5  # a fifth of a second where nothing else runs
    assert "stopping with the best so far; press again to quit at once\n" in err
    assert err.endswith("interrupted: this is the best so far\n")
    assert out.startswith("by layer\n")
    figure = tmp_path / "energy-breakdown.svg"
    drawn_by = f"accelsim plot {tmp_path} -o {figure}"
    assert f"wrote 5 files to {tmp_path}, but no figure, as it was interrupted: {drawn_by}\n" in err
    assert not figure.exists()
    assert process(*shlex.split(drawn_by)[1:]).returncode == 0
    assert figure.exists()
    facts = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert facts["run"]["rows"][0]["stopped_by"] == "stop"
    saved = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (saved["exit_code"], saved["stopped_by"], saved["not_begun"]) == (130, "stop", [])
    assert saved["problems"][0]["message"] == "interrupted: this is the best so far"


@pytest.mark.parametrize("half", ["", "results.json"])
def test_ctrl_c_while_figures_are_drawn_keeps_the_rest(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, half: str
) -> None:
    """Pressed in the middle of saving, whatever is half written by then."""

    def save(_result: object, folder: Path) -> None:
        if half:
            folder.mkdir()
            (folder / half).write_text("{", encoding="utf-8")
            (folder / "energy-breakdown.svg").write_text("<svg", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

    words = ("run", MACHINE, LAYER, *SEARCHED)
    shown = call(*words).out
    monkeypatch.setattr(acs, "save", save)
    done = call(*words, "-o", tmp_path / "out")
    assert (done.code, done.out) == (130, shown)
    assert done.err.endswith("\ninterrupted while the figure was drawn\n")
    assert "wrote 5 files" in done.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "energy.csv",
        "layers.csv",
        "mappings",
        "results.json",
        "run.json",
    ]
    assert isinstance(acs.load(tmp_path / "out"), NetworkRun)
    data = json.loads(call(*words, "-o", tmp_path / "again", "--json").out)
    assert data["exit_code"] == 130
    assert data["problems"][0]["message"] == "interrupted while the figure was drawn"
    assert data["rows"][0]["complete"]


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_ends_at_once_what_has_found_nothing(tmp_path: Path, as_json: bool) -> None:
    """Even in the middle of a compilation, which takes many seconds with an empty cache."""
    words = ["run", "eyeriss", "alexnet", *(["--json"] if as_json else [])]
    with subprocess.Popen(
        [sys.executable, "-m", "accelsim", *words, "--progress", "json"],
        cwd=ROOT,
        env=os.environ | {"ACCELSIM_CACHE": str(tmp_path)},
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
    assert first["best_energy"] is None
    assert running.returncode == 130
    assert waited < 5  # a tenth of a second where nothing else runs; to compile takes longer
    if as_json:
        data = json.loads(out)
        assert (data["verb"], data["exit_code"]) == ("run", 130)
        assert [problem["message"] for problem in data["problems"]] == ["interrupted"]
    else:
        assert out == ""
        assert err.endswith("interrupted\n")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    words = ["bash", "-c", command.replace("accelsim", f'"{sys.executable}" -m accelsim')]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


FULL = "cannot write: No space left on device\n"


@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        ("accelsim list > /dev/full", 2, FULL),
        ("accelsim show eyeriss --json > /dev/full", 2, FULL),
        ("accelsim --help > /dev/full", 2, FULL),
        ("accelsim check nowhere.yaml > /dev/full", 2, FULL),
        ("accelsim list >&-", 2, "cannot write the output: it is closed\n"),
        ("accelsim list --json >&-", 2, "cannot write the output: it is closed\n"),
        ("accelsim show nothing-like-it --json >&-", 3, "no architecture or"),
        ("accelsim show nothing-like-it --json > /dev/full", 3, "no architecture or"),
        ("accelsim show nothing-like-it 2> /dev/full", 3, ""),
        ("accelsim show nothing-like-it 2>&-", 3, ""),
        ("accelsim show nothing-like-it >&- 2>&-", 3, ""),
        ("accelsim --version >&-", 2, "cannot write the output: it is closed\n"),
        ("accelsim --help >&-", 0, ""),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_output_that_cannot_be_written(command: str, code: int, err: str) -> None:
    done = shell(command)
    assert (done.returncode, done.stdout, done.stderr[: len(err) or None]) == (code, "", err)
    assert done.stderr.count("\n") == (1 if err else 0)


def test_results_are_shown_where_they_cannot_be_saved(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise UsageError(Problem("cannot write 'out/results.json': No space left on device"))

    monkeypatch.setattr(acs, "save", full)
    words = ("evaluate", MACHINE, LAYER, MAPPING, "--technology", TABLE)
    shown = call(*words).out
    assert call(*words, "-o", tmp_path) == (
        2,
        shown,
        "cannot write 'out/results.json': No space left on device\n",
    )
    data = json.loads(call(*words, "-o", tmp_path, "--json").out)
    assert data["exit_code"] == 2
    assert data["problems"][0]["what"] == "cannot write 'out/results.json': No space left on device"
    assert data["rows"][0]["layers"][0]["evaluation"]["energy"] == 1018.0


def test_a_defect_of_saving_loses_no_result(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    words = ("run", MACHINE, LAYER, *SEARCHED)
    shown = call(*words).out
    message = (
        "internal error: ZeroDivisionError: by zero; please report it, with what the same command"
        " prints under --debug"
    )
    monkeypatch.setattr(acs, "save", broken)
    assert call(*words, "-o", tmp_path) == (1, shown, f"{message}\n")
    debugged = call(*words, "-o", tmp_path, "--debug")
    assert (debugged.code, debugged.out) == (1, shown)
    assert debugged.err.startswith("Traceback")
    data = json.loads(call(*words, "-o", tmp_path, "--json").out)
    assert (data["exit_code"], data["problems"][0]["message"]) == (1, message)
    assert data["rows"][0]["complete"]


def test_a_result_is_saved_although_nobody_reads_it(tmp_path: Path) -> None:
    words = f'run "{MACHINE}" "{LAYER}" --technology "{TABLE}" -o "{tmp_path}"'
    done = shell(f"set -o pipefail; accelsim {words} | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0
    assert isinstance(acs.load(tmp_path), NetworkRun)
    if Path("/dev/full").exists():
        done = shell(f"accelsim {words} > /dev/full")
        assert (done.returncode, done.stderr.splitlines()[-1]) == (2, FULL.strip())
        assert done.stderr.startswith("wrote 7 files")


FAILURES: list[tuple[int, tuple[str | Path | int, ...]]] = [
    (2, (verb, "--no-such-option")) for verb in VERBS
] + [
    (2, ("check",)),
    (2, ("check", "--schema", "car")),
    (2, ("compare", "eyeriss")),
    (2, ("compare", "eyeriss", "alexnet", "--seed", -1)),
    (2, ("evaluate", MACHINE, LAYER, MAPPING)),  # no energy table
    (2, ("list", "cars")),
    (2, ("map", "eyeriss", "alexnet")),
    (2, ("plot", "out", "--kind", "pie")),
    (2, ("run", "eyeriss", "alexnet", "--samples", 0)),
    (2, ("show", "isca2016")),
    (2, ("search", "eyeriss", "alexnet", "-o", "x.db", "--by", "beauty")),
    (2, ("search", "eyeriss", "alexnet", "-o", "x.db", "--sampler", "guess")),
    (2, ("sweep", "eyeriss", "alexnet", "-o", "x.db", "--executor", "dask://nowhere")),
    (3, ("check", "nowhere.yaml", "rs", "eyeris")),
    (3, ("compare", "eyeris", "alexnet")),
    (3, ("evaluate", MACHINE, LAYER, "nowhere.yaml", "--technology", TABLE)),
    (3, ("map", "eyeriss", "nowhere.yaml:conv1")),
    (3, ("plot", "nowhere")),
    (3, ("reprice", "nowhere")),
    (3, ("run", "eyeriss", "alexnet", "--set", "glb.sise=1KiB")),
    (3, ("show", "nothing-like-it")),
    (4, ("compare", IMPOSSIBLE, MACHINE, LAYER, "--set", "buffer.size=1 words", *SEARCHED)),
    (4, ("map", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *SEARCHED)),
    (4, ("run", MACHINE, LAYER, "--dataflow", IMPOSSIBLE, *SEARCHED)),
    (
        4,
        (
            "evaluate",
            MACHINE,
            LAYER,
            MAPPING,
            "--technology",
            TABLE,
            "--set",
            "buffer.size=2 words",
        ),
    ),
]
"""Every verb, with everything that ends it with another exit code than 0 by its words alone."""


@pytest.mark.parametrize(("code", "words"), FAILURES, ids=lambda its: str(its)[:60])
def test_a_failure_as_json_says_what_is_said_without(
    call: Call, code: int, words: tuple[str | Path | int, ...]
) -> None:
    told = call(*words)
    done = call(*words, "--json")
    data = json.loads(done.out)
    assert (told.code, done.code, data["exit_code"], done.err) == (code, code, code, "")
    assert data["verb"] == words[0]
    assert data["problems"]
    printed = told.out + told.err
    for problem in data["problems"]:
        assert problem["message"] in printed


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("a defect"), 1),
        (MissingExtraError("pandas", "frames"), 5),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
    ],
    ids=lambda its: type(its).__name__,
)
def test_what_any_verb_may_meet_as_json(
    call: Call, monkeypatch: pytest.MonkeyPatch, verb: str, fault: BaseException, code: int
) -> None:
    def meets(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(acs, CALLS[verb], meets)
    needed = {"evaluate": 3, "map": 2, "run": 2, "compare": 1, "plot": 1, "reprice": 1, "show": 1}
    needed |= {"explain": 2, "diff": 1, "import": 2, "robustness": 1, "estimate": 1, "export": 4}
    needed |= {"report": 1}
    words = (
        verb,
        *["x"] * needed.get(verb, 0),
        *["x", "-o", "x.db"][: 3 * (verb in ("sweep", "search"))],
    )
    told = call(*words)
    data = json.loads(call(*words, "--json").out)
    assert (told.code, told.out, data["exit_code"], data["verb"]) == (code, "", code, verb)
    assert [f"{problem['message']}\n" for problem in data["problems"]] == [told.err]


def test_ctrl_c_while_the_program_is_imported(tmp_path: Path) -> None:
    """Pressed by what stands in the place of a package that the command line needs."""
    pressed = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    (tmp_path / "typer.py").write_text(pressed, encoding="utf-8")
    done = process("--version", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_rows_that_were_not_begun_are_named(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Interrupt, "pressed", lambda _: True)
    words = ("compare", MACHINE, LAYER, OUTPUTS, INPUTS, *SEARCHED, "-o", tmp_path)
    message = "interrupted: this is the best so far; not begun: inputs, unconstrained"
    told = call(*words)
    assert told.code == 130
    assert told.err.endswith(f"{message}\n")
    assert "Stopped before these rows were begun: inputs, unconstrained.\n" in told.out
    for text in (call(*words, "--json").out, (tmp_path / "results.json").read_text("utf-8")):
        data = json.loads(text)
        assert (data["exit_code"], data["stopped_by"]) == (130, "stop")
        assert data["not_begun"] == ["inputs", "unconstrained"]
        assert data["problems"][0]["message"] == message
        assert [row["stopped_by"] for row in data["rows"]] == ["stop"]
    again = acs.load(tmp_path)
    assert isinstance(again, Comparison)
    assert (again.stopped_by, again.not_begun) == ("stop", ("inputs", "unconstrained"))


@pytest.mark.parametrize("verb", ["compare", "run", "map"])
def test_a_search_that_was_stopped_as_json(
    call: Call, monkeypatch: pytest.MonkeyPatch, verb: str, tmp_path: Path
) -> None:
    """A search that Ctrl-C stops is one whose ``stop`` answers yes; the rest is as always."""
    monkeypatch.setattr(Interrupt, "pressed", lambda _: True)
    words = (verb, MACHINE, LAYER, *SEARCHED, "-o", tmp_path)
    told = call(*words)
    assert told.code == 130
    data = json.loads(call(*words, "--json").out)
    assert (data["exit_code"], data["verb"]) == (130, verb)
    message = data["problems"][0]["message"]
    assert message.startswith("interrupted: this is the best so far")
    assert told.err.endswith(f"{message}\n")


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
    done = process(*words, "-q", PYTHONIOENCODING="ascii")
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


@pytest.mark.parametrize(
    ("words", "silent"),
    [
        ("run eyeriss alexnet", False),
        ("run eyeriss alexnet --progress auto", False),
        ("run eyeriss alexnet -q", True),
        ("run eyeriss alexnet -vq", True),
        ("run eyeriss alexnet --quiet", True),
        ("run eyeriss alexnet --json", True),
        ("run eyeriss alexnet --progress json", True),
        ("run eyeriss alexnet --progress=none", True),
    ],
)
def test_who_is_told_of_compiling(words: str, silent: bool) -> None:
    assert cli.silent(words.split()) == silent


def test_compiling_is_told_on_stderr() -> None:
    """Whatever is compiled: here, by a compiler that says so at once."""
    code = "import sys; from accelsim import cli, compiling; compiling.tell = lambda told: told(); "
    run = [sys.executable, "-c", f"{code}cli.main(sys.argv[1:])"]
    said = [
        subprocess.run([*run, *words], capture_output=True, text=True, check=True).stderr
        for words in (["list", "archs"], ["list", "archs", "--json"])
    ]
    assert said == ["compiling (once; about a minute)\n", ""]
