from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from accelsim.cli import progress as telling
from accelsim.cli.interrupt import Interrupt, end_on_interrupt, interruptible
from accelsim.cli.output import colourful, rewritable, talk, width
from accelsim.network.searches import NetworkProgress
from accelsim.verbs.search import Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(telling, "time", clock)
    return clock


def step(done: int = 1, rows: int = 4, energy: float | None = 1234.5) -> Step:
    best = {} if energy is None else {"best_energy": energy, "best_cycles": 2000.0}
    return Step("ws", 2, rows, NetworkProgress(done, 5, 30_000, "conv2", **best), "MAC")


def test_a_sentence() -> None:
    assert telling.sentence(step()) == (
        "ws (2/4): 1/5 layers, 30,000 mappings considered, best of conv2 1234 MAC in 2,000 cycles"
    )
    assert telling.sentence(step(rows=1, energy=None)) == (
        "ws: 1/5 layers, 30,000 mappings considered"
    )


def test_a_bar() -> None:
    assert telling.bar(telling.share(step())) == "[######..............]"


def test_what_is_quick_is_not_talked_about(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with telling.progress("auto", quiet=False) as teller:
        teller.tell(step())
        clock.now += 0.9
        teller.tell(step())
    assert capsys.readouterr().err == ""


def test_lines_where_there_is_no_terminal(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with telling.progress("auto", quiet=False) as teller:
        for second in range(20):
            clock.now += 1
            teller.tell(step(done=second // 10))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "ws (2/4): 0/5 layers",
        "ws (2/4): 1/5 layers",
    ]


def test_a_terminal_gets_one_line_that_is_wiped(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    with telling.progress("auto", quiet=False) as teller:
        clock.now += 2
        teller.tell(step())
    shown = terminal.getvalue()
    assert shown.startswith("\r\x1b[2K[######..............] ws (2/4): 1/5")
    assert shown.endswith("\r\x1b[2K")
    assert max(len(line) for line in shown.replace("\x1b[2K", "").split("\r")) < 40


def test_events(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with telling.progress("json", quiet=True) as teller:
        clock.now += 1.5
        teller.tell(step())
    event = json.loads(capsys.readouterr().err)
    assert event == {
        "event": "progress",
        "seconds": 1.5,
        "row": "ws",
        "row_number": 2,
        "rows": 4,
        "layers_done": 1,
        "layers": 5,
        "considered": 30_000,
        "layer": "conv2",
        "best_energy": 1234.5,
        "energy_unit": "MAC",
        "best_cycles": 2000.0,
    }


@pytest.mark.parametrize(("style", "quiet"), [("none", False), ("auto", True)])
def test_silence(style: str, quiet: bool, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with telling.progress(style, quiet) as teller:
        clock.now += 60
        teller.tell(step())
    assert capsys.readouterr().err == ""


def test_colours_only_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "70")
    assert colourful(Terminal())
    assert not colourful(io.StringIO())
    assert width(Terminal()) == 70
    assert width(io.StringIO()) is None
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colourful(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not colourful(Terminal())


def otherwise(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_stops_a_search_that_has_found_something_and_ends_it_when_pressed_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt = Interrupt(otherwise)
    told: list[Step] = []
    interrupt.watching(told.append)(step())
    assert told == [step()]
    assert not interrupt.pressed()
    interrupt.press(2, None)
    assert interrupt.pressed()
    assert interrupt.over()
    assert capsys.readouterr().err == (
        "stopping with the best so far; press again to quit at once\n"
    )
    with pytest.raises(KeyboardInterrupt):
        interrupt.press(2, None)


def first_row(done: int, energy: float | None) -> Step:
    best = {} if energy is None else {"best_energy": energy, "best_cycles": 2000.0}
    return Step("ws", 1, 4, NetworkProgress(done, 5, 30_000, "conv2", **best), "MAC")


@pytest.mark.parametrize(
    ("report", "keeps"),
    [
        (first_row(0, None), False),  # kernels are still being compiled, it may be
        (first_row(0, 1.0), True),
        (first_row(1, None), True),
        (step(0, energy=None), True),  # the second row
    ],
)
def test_ctrl_c_ends_a_search_that_has_nothing_to_keep(report: Step, keeps: bool) -> None:
    interrupt = Interrupt(otherwise)
    interrupt.watching(lambda _: None)(report)
    if keeps:
        interrupt.press(2, None)
    else:
        with pytest.raises(KeyboardInterrupt):
            interrupt.press(2, None)
    assert interrupt.pressed() == keeps


def test_what_a_search_returned_is_kept_whatever_was_told_of_it() -> None:
    interrupt = Interrupt(otherwise)
    assert not interrupt.over()
    interrupt.press(2, None)  # while files are written
    assert interrupt.pressed()


def test_ctrl_c_while_something_is_done_that_can_be_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt = Interrupt(otherwise)
    assert not interrupt.over()
    with pytest.raises(KeyboardInterrupt), interrupt.skipping():
        interrupt.press(2, None)
    assert interrupt.pressed()
    assert capsys.readouterr().err == ""  # nothing is being stopped that would be waited for


def test_ctrl_c_means_what_it_meant_once_the_search_is_over() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as interrupt:
        assert signal.getsignal(signal.SIGINT) == interrupt.press
    assert signal.getsignal(signal.SIGINT) == before


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    """As in a job of the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        end_on_interrupt(lambda: (2, ""))
        with interruptible():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


class Full(io.StringIO):
    """A stream that cannot be written, as stderr on a full disk."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_talk_that_nobody_can_hear_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "stream").open("w") as stream:
        monkeypatch.setattr(sys, "stderr", Full(stream.fileno()))
        talk("lost")
        os.write(stream.fileno(), b"lost as well")
    assert (tmp_path / "stream").read_text(encoding="utf-8") == ""
    monkeypatch.setattr(sys, "stderr", None)
    talk("lost")
    assert not rewritable(sys.stderr)
    assert width(None) is None


def test_the_last_event_says_how_it_ended(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with telling.progress("json", quiet=True) as teller:
        for done, now in ((1, 101.5), (2, 101.6), (3, 101.7)):
            clock.now = now
            teller.tell(step(done))
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(its["layers_done"], its["seconds"]) for its in events] == [(1, 1.5), (3, 1.7)]
    with telling.progress("json", quiet=True) as teller:  # quick, or told already
        teller.tell(step(1))
    clock.now = 110.0
    with telling.progress("json", quiet=True) as teller:
        clock.now = 112.0
        teller.tell(step(1))
    assert len(capsys.readouterr().err.splitlines()) == 1
