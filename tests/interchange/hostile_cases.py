"""Every broken or hostile file of the formats that YAML, CSV and configurations carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.interchange import (
    accelergy_hostile,
    attacks,
    scalesim_hostile,
    template_hostile,
    timeloop_hostile,
    zigzag_hostile,
)
from tests.interchange.guarded import Broken, Content
from tests.interchange.test_scalesim import CONFIG, TOPOLOGY
from tests.interchange.test_zigzag import SOUND as ZIGZAG

OUT = ("-o", "../out")

TIMELOOP = ("import", "timeloop", ".", *OUT)

ZIGZAG_WORDS = ("import", "zigzag", *ZIGZAG, *OUT)

SCALESIM_WORDS = ("import", "scalesim", "topology.csv", "small.cfg", *OUT)

TABLES = {"machine.yaml": accelergy_hostile.MACHINE, "ert.yaml": accelergy_hostile.ERT}

TABLES_WORDS = ("export", "accelergy", "machine.yaml", "--technology", "ert.yaml", *OUT)

SOUND: Mapping[str, tuple[Mapping[str, Content], tuple[str, ...]]] = {
    "timeloop": ({**timeloop_hostile.SOUND, "ert.yaml": timeloop_hostile.ERT}, TIMELOOP),
    "zigzag": (ZIGZAG, ZIGZAG_WORDS),
    "scalesim": ({"topology.csv": TOPOLOGY, "small.cfg": CONFIG}, SCALESIM_WORDS),
    "accelergy": (TABLES, TABLES_WORDS),
}
"""Format -> sound files, and the command that reads them."""

ATTACKED = {
    "timeloop": "arch.yaml",
    "zigzag": "acc.yaml",
    "scalesim": "topology.csv",
    "accelergy": "ert.yaml",
}
"""Format -> the file at whose place something else stands."""


def timeloop() -> Iterator[Broken]:
    for name, files, said in (*timeloop_hostile.cases(), *template_hostile.cases()):
        yield Broken(name, files, said, TIMELOOP)
    for name, files, said in (*attacks.many(), *attacks.long()):
        yield Broken(name, files, said, TIMELOOP)
    for name, files, said in attacks.whole_folders():
        yield Broken(name, files, said, TIMELOOP, anywhere=True)


def direct() -> Iterator[Broken]:
    """Yield files that stand where a spec is expected, and are told by their content."""
    for name, text, said in attacks.told_by_content():
        files = {"ert.yaml": TABLES["ert.yaml"], "bad.yaml": text}
        yield Broken(name, files, said, ("export", "accelergy", "bad.yaml", *TABLES_WORDS[3:]))
    blank = CONFIG.replace("[architecture_presets]", "\n " * 1_400_000 + "[architecture]")
    files = {"ert.yaml": TABLES["ert.yaml"], "bad.cfg": blank}
    words = ("export", "accelergy", "bad.cfg", *TABLES_WORDS[3:])
    yield Broken("blank lines of a configuration", files, "not valid YAML", words)


def zigzag() -> Iterator[Broken]:
    for file, old, new, said in zigzag_hostile.broken():
        assert old in ZIGZAG[file], (file, old)
        files = {**ZIGZAG, file: ZIGZAG[file].replace(old, new, 1)}
        yield Broken(said, files, said, ZIGZAG_WORDS)


def scalesim() -> Iterator[Broken]:
    cases = (
        *scalesim_hostile.topologies(),
        *scalesim_hostile.configurations(),
        *scalesim_hostile.attacks(),
    )
    for file, text, said in cases:
        words = ("import", "scalesim", file, *OUT)
        yield Broken(said, {file: text}, said, words, anywhere=" at most" in said)


def accelergy() -> Iterator[Broken]:
    for old, new, said in accelergy_hostile.broken():
        assert old in TABLES["ert.yaml"], old
        files = {**TABLES, "ert.yaml": TABLES["ert.yaml"].replace(old, new, 1)}
        yield Broken(said, files, said, TABLES_WORDS)


def no_files() -> Iterator[tuple[str, Broken]]:
    for whose, file in ATTACKED.items():
        files, words = SOUND[whose]
        text = files[file]
        assert isinstance(text, str)
        for name, content, said in attacks.no_files(file, text):
            case = Broken(f"{file} {name}", {**files, file: content}, said, words, anywhere=True)
            yield whose, case


def cases() -> Iterator[Broken]:
    """Yield all cases, named by format and number where a name stands twice."""
    found = [
        *((made.__name__, case) for made in (timeloop, direct, zigzag, scalesim, accelergy)
          for case in made()),
        *no_files(),
    ]  # fmt: skip
    seen: Counter[str] = Counter()
    for whose, case in found:
        name = f"{whose}: {case.name[:40]}"
        seen[name] += 1
        number = f" ({seen[name]})" if seen[name] > 1 else ""
        yield Broken(name + number, case.files, case.said, case.words, case.anywhere)


CASES = list(cases())
