"""A validation shown: as tables, as JSON, and as files in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelsim.errors import Problem
from accelsim.report import figures
from accelsim.report.json_text import dumps, envelope
from accelsim.report.quantities import digits, plural
from accelsim.report.tables import NOTHING, Table
from accelsim.report.text import table_text
from accelsim.report.validation_figure import validation_figure
from accelsim.report.writing import write_texts
from accelsim.validation.records import Case, StudyResult, Validation

KNOWN = {
    "verified": "read in its source",
    "ocr_checked": "read in a transcription of its source, doubtful digits settled by sums or by a "
    "second source",
    "derived": "computed from such numbers",
    "restated": "computed once from our restatement of the authors' rules, and frozen: not a "
    "number that they published",
    "reported": "what the other tool itself reported of the same case",
    "walked": "counted by a separate walk of every iteration, written to check the other tool",
    "from_memory": "only remembered",
}
"""What the labels say of a published number."""

FITTED = "fitted"
"""A mark beside the verdict."""

FIGURES = ("validation.svg", "validation.png")


@dataclass(frozen=True)
class ValidationRun:
    """Ours beside theirs, ready to be shown."""

    validation: Validation

    @property
    def holds(self) -> bool:
        return self.validation.holds

    def problems(self) -> tuple[Problem, ...]:
        """Return one problem for every tolerance that does not hold."""
        return tuple(
            Problem(
                f"{study}: {case.group}, {case.name}: {_number(case.ours)} {case.unit}, published "
                f"{_number(case.published)} {case.unit}",
                expected=case.tolerance_text,
                hint=case.note,
            )
            for study, case in self.validation.failures
        )

    def text(self, *, colour: bool = False, width: int | None = None) -> str:
        """Return a table for each study, and the verdict in a line."""
        studies = self.validation.studies
        tables = [table_text(study_table(study), colour=colour, width=width) for study in studies]
        cases = [case for study in studies for case in study.cases]
        judged = [case for case in cases if case.verdict != "shown"]
        failed = len(self.validation.failures)
        verdict = f"{failed} of {len(judged)} fail" if failed else f"all {len(judged)} hold"
        shown = len(cases) - len(judged)
        last = f"{plural(len(judged), 'tolerance')}: {verdict}; {shown} shown without one.\n"
        return "\n".join([*tables, last])

    def data(self) -> dict[str, Any]:
        """Return everything but wall times."""
        return {
            "holds": self.holds,
            "studies": [
                {
                    "name": study.name,
                    "title": study.title,
                    "source": study.source,
                    "cases": [_case_data(case) for case in study.cases],
                }
                for study in self.validation.studies
            ],
        }

    def run_data(self) -> dict[str, Any]:
        """Return the wall times."""
        return {"seconds": {study.name: study.seconds for study in self.validation.studies}}

    def save(self, folder: Path) -> tuple[Path, ...]:
        """Write ``validation.json`` and a page of plots, as SVG and PNG.

        Raises
        ------
        UsageError
            If a file cannot be written.
        """
        text = dumps(envelope("validate", self.data()))
        files = write_texts(folder, {"validation.json": text})
        page = validation_figure(self.validation)
        drawn = []
        for name in FIGURES:
            path = folder / name
            figures.save(page, path)
            drawn.append(path)
        return (*files, *drawn)


def study_table(study: StudyResult) -> Table:
    """Put the cases of a study in a table; its sources and notes stand below."""
    sources = list(dict.fromkeys(case.source for case in study.cases))
    notes = list(dict.fromkeys(case.note for case in study.cases if case.note))
    rows = []
    group = ""
    for case in study.cases:
        marks = [f"[{sources.index(case.source) + 1}]"]
        if case.note:
            marks.append(f"({notes.index(case.note) + 1})")
        rows.append(
            (
                "" if case.group == group else case.group,
                case.name,
                case.unit,
                " ".join(marks),
                case.label,
                _number(case.ours),
                _number(case.published),
                case.tolerance_text,
                f"{case.verdict}, {FITTED}" if case.fitted else case.verdict,
            )
        )
        group = case.group
    labels = dict.fromkeys(case.label for case in study.cases)
    fitted = dict.fromkeys(what for case in study.cases for what in case.fitted)
    return Table(
        title=f"{study.name}: {study.title}",
        headings=("what", "case", "unit", "source", "known", "ours", "published", "tolerance", ""),
        rows=tuple(rows),
        names=5,
        strong=frozenset(
            index for index, case in enumerate(study.cases) if case.verdict == "fails"
        ),
        notes=(
            study.source,
            *(f"[{number}] {source}" for number, source in enumerate(sources, start=1)),
            *(f"({number}) {note}" for number, note in enumerate(notes, start=1)),
            *(f"{label}: {KNOWN[label]}" for label in labels),
            *((f"{FITTED}, not validated: {'; '.join(fitted)}",) if fitted else ()),
        ),
    )


def _number(value: float | None) -> str:
    return NOTHING if value is None else digits(value)


def _case_data(case: Case) -> dict[str, Any]:
    tolerance = case.tolerance
    bounds = [None if abs(b) == float("inf") else b for b in (tolerance.low, tolerance.high)] if (
        tolerance
    ) else [None, None]  # fmt: skip
    return {
        "group": case.group,
        "name": case.name,
        "unit": case.unit,
        "ours": case.ours,
        "published": case.published,
        "low": bounds[0],
        "high": bounds[1],
        "tolerance": case.tolerance_text,
        "verdict": case.verdict,
        "source": case.source,
        "label": case.label,
        "note": case.note,
        "fitted": list(case.fitted),
    }
