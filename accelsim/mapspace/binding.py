"""Which rules say something on a machine: those of dataflows, and the machine's own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accelsim.arch.records import SELECTORS, Architecture, Compute, Place
from accelsim.arch.rules import Rule
from accelsim.errors import Problem, SpecError
from accelsim.mapspace.records import Dataflow


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule that has something to say on a machine: a dataflow's, or the machine's own."""

    dataflow: str
    """What has the rule, in words."""
    number: int
    """Counted from 1 there."""
    rule: Rule

    @property
    def name(self) -> str:
        return f"rule {self.number} of {self.dataflow} (at {self.rule.at})"

    def __str__(self) -> str:
        return f'{self.name}: "{self.rule.because}"' if self.rule.because else self.name


def own_rules(arch: Architecture, *, of_search: bool = True) -> tuple[AppliedRule, ...]:
    """Return the rules that a machine itself has for its mappings.

    Parameters
    ----------
    of_search : those too that only searches keep to
    """
    rules = (*arch.constraints, *(arch.search_constraints if of_search else ()))
    name = f"the constraints of {arch.name}"
    return tuple(AppliedRule(name, number, rule) for number, rule in enumerate(rules, start=1))


def binding_rules(dataflows: Sequence[Dataflow], arch: Architecture) -> tuple[AppliedRule, ...]:
    """Return the rules that have something to say on ``arch``: those given, and its own.

    Raises
    ------
    SpecError
        If a rule speaks of loops that its level cannot have or requires a level that is not there.
    """
    applied = [
        AppliedRule(dataflow.name, number, rule)
        for dataflow in dataflows
        for number, rule in enumerate(dataflow.rules, start=1)
    ]
    given = {one.rule for one in applied}
    applied += [one for one in own_rules(arch) if one.rule not in given]
    return binding(applied, arch)


def binding(rules: Iterable[AppliedRule], arch: Architecture) -> tuple[AppliedRule, ...]:
    """Return those of some rules that have something to say on ``arch``.

    Raises
    ------
    SpecError
        If a rule speaks of loops that its level cannot have or requires a level that is not there.
    """
    problems: list[Problem] = []
    found = tuple(one for one in rules if _binds(one, arch, problems))
    if problems:
        raise SpecError(problems)
    return found


def void_rules(dataflows: Sequence[Dataflow], arch: Architecture) -> tuple[AppliedRule, ...]:
    """Return the rules at a named level that ``arch`` lacks, but for those that allow for that."""
    return tuple(
        AppliedRule(dataflow.name, number, rule)
        for dataflow in dataflows
        for number, rule in enumerate(dataflow.rules, start=1)
        if rule.required is None and rule.at not in SELECTORS and not arch.selected(rule.at)
    )


def _binds(applied: AppliedRule, arch: Architecture, problems: list[Problem]) -> bool:
    """Return whether a rule's selector means anything on ``arch``; collect what is wrong."""
    rule = applied.rule
    nodes = arch.selected(rule.at)
    if not nodes:
        if rule.required:
            problems.append(
                Problem(
                    f"{applied.name} needs a level '{rule.at}', which {arch.name} does not have",
                    got=rule.at,
                    expected="one of " + ", ".join(_names(arch)),
                )
            )
        elif meant := _misspelt(rule.at, arch):
            problems.append(
                Problem(
                    f"{applied.name} speaks of a level that {arch.name} does not have",
                    got=rule.at,
                    hint=f"did you mean '{meant}'?",
                )
            )
        return False
    speaks_of_tiles = bool(rule.order or rule.tile or rule.keep or rule.may_keep is not None)
    for node in nodes:
        if isinstance(node, Compute):
            problems.append(
                Problem(
                    f"{applied.name}: '{node.name}' is the compute, which has no loops and no tile"
                )
            )
        elif isinstance(node, Place) and rule.axis not in (None, "temporal"):
            problems.append(
                Problem(
                    f"{applied.name} limits {rule.axis} loops, but '{node.name}' is a memory",
                    hint="a memory's loops are temporal",
                )
            )
        elif not isinstance(node, Place) and (rule.axis == "temporal" or speaks_of_tiles):
            subject = "temporal loops" if rule.axis == "temporal" else "what a memory does"
            problems.append(
                Problem(
                    f"{applied.name} limits {subject}, but '{node.name}' is a fanout",
                    hint="a fanout's loops are spatial, spatial_x or spatial_y",
                )
            )
    return True


def _misspelt(selector: str, arch: Architecture) -> str:
    """Return the level that a selector without any very likely means; empty if none.

    Rules may speak of levels that only other machines have, and then say nothing here; ``buffer``
    is such a name, although it is close to ``buffers``.
    """
    if selector in SELECTORS:
        return ""
    known = [*SELECTORS, *_names(arch)]
    close = difflib.get_close_matches(selector, known, n=1, cutoff=0.85)
    return close[0] if close and close[0] != f"{selector}s" else ""


def _names(arch: Architecture) -> tuple[str, ...]:
    return tuple(node.name for node in arch.nodes)
