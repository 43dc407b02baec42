"""Read files of reference cases.

A file is one case, ``accelsim-reference-case/1``, or a list of them
(``accelsim-reference-case-list/1``, with the cases under ``cases``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.reference.case import TRUSTS, ReferenceCase
from accelsim.specs.fields import one_of, suggestion

CASE = "accelsim-reference-case/1"
CASE_LIST = "accelsim-reference-case-list/1"


def read_cases(path: Path) -> tuple[list[ReferenceCase], list[Problem]]:
    """Read the cases of a file, or of all ``*.json`` of a folder in the order of their names.

    Returns
    -------
    cases : list of ReferenceCase
        Of the files without fault.
    problems : list of Problem
        Every fault of the others: what cannot be read, is no JSON, of another schema, or not what
        the schema says; each with the path inside the file.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        return [], [Problem("no *.json here", Where(str(path)), expected="reference cases")]
    cases: list[ReferenceCase] = []
    problems: list[Problem] = []
    for file in files:
        try:
            cases += read_file(file)
        except SpecError as fault:
            problems += fault.problems
    return cases, problems


def read_file(file: Path) -> list[ReferenceCase]:
    """Read the cases of one file.

    Raises
    ------
    SpecError
        With every fault of the file.
    """
    where = Where(str(file))
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SpecError([Problem(f"cannot be read: {fault}", where)]) from None
    except json.JSONDecodeError as fault:
        at = Where(str(file), fault.lineno, fault.colno)
        raise SpecError([Problem(f"no JSON: {fault.msg}", at)]) from None
    cases: list[ReferenceCase] = []
    problems: list[Problem] = []
    for prefix, item in _items(data, where):
        try:
            case = ReferenceCase.model_validate_json(json.dumps(item))
        except ValidationError as fault:
            problems += _problems(fault, prefix, where)
            continue
        if case.trust not in TRUSTS:
            hint = suggestion(case.trust, TRUSTS)
            what = f"{prefix}trust: unknown '{case.trust}'"
            problems.append(Problem(what, where, case.trust, one_of(TRUSTS), hint))
        cases.append(case)
    if problems:
        raise SpecError(problems)
    return cases


def _items(data: Any, where: Where) -> Iterator[tuple[str, Any]]:
    """Yield (path inside the file, data) of every case."""
    said = data.get("schema") if isinstance(data, dict) else None
    if said == CASE:
        yield "", data
        return
    cases = data.get("cases") if said == CASE_LIST else None
    if not isinstance(cases, list):
        what = f"cases: not a list of cases (schema {said!r})" if said == CASE_LIST else (
            f"schema: {said!r}" if isinstance(data, dict) else "no JSON object"
        )  # fmt: skip
        raise SpecError([Problem(what, where, str(said), one_of((CASE, CASE_LIST)))])
    for index, item in enumerate(cases):
        own = item.get("schema", CASE) if isinstance(item, dict) else None
        if own != CASE:
            raise SpecError([Problem(f"cases[{index}].schema: {own!r}", where, str(own), CASE)])
        yield f"cases[{index}].", item


def _problems(fault: ValidationError, prefix: str, where: Where) -> Iterator[Problem]:
    for error in fault.errors():
        path = ""
        for key in error["loc"]:
            path += f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
        message = error["msg"].removeprefix("Value error, ")
        yield Problem(f"{prefix}{path or 'case'}: {message}", where)
