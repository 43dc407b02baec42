"""Uneven mappings (:mod:`accelsim.arch.uneven`): every form of the machine, one after the other.

The even mappings are looked at first.  Each of them is an uneven one of every form, with all loops
of the divided place at the innermost of its parts, so that the best of them starts every other
search, which then has little left to look at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from accelsim.arch.records import Architecture, Place
from accelsim.arch.uneven import form_with, shared_places, uneven_forms
from accelsim.errors import Problem, UsageError
from accelsim.kept import kept
from accelsim.mapper.contract import (
    Budget,
    Candidate,
    Certificate,
    Driver,
    MappingProblem,
    OnProgress,
    Outcome,
    Progress,
    mapping_problem,
    never,
    silent,
)
from accelsim.mapper.infeasible import Infeasibility
from accelsim.mapper.objectives import Objective
from accelsim.mapping.records import Block, Mapping, Spread
from accelsim.workload.records import Layer


@dataclass(frozen=True)
class _Resumed:
    """What each form's search is resumed from, None where it had not begun."""

    states: tuple[object | None, ...]


@dataclass(frozen=True)
class UnevenDriver:
    """Another driver, over the even mappings of a machine and then over all its uneven forms.

    What a budget has of ``samples`` is for the even mappings, so that the answer is no worse than
    without; the forms share as many again, at least one each.  ``seconds`` bounds all together.

    Parameters
    ----------
    driver : searches each form
    at : selects the shared memories to divide: a memory's name, or ``buffers``, ``registers``
    """

    driver: Driver
    at: str

    @property
    def name(self) -> str:
        return f"{self.driver.name}, uneven at {self.at}"

    def search(
        self,
        problem: MappingProblem,
        objective: Objective,
        budget: Budget,
        *,
        front: bool = False,
        stop: Callable[[], bool] = never,
        progress: OnProgress = silent,
        resume: object | None = None,
        start: Sequence[Mapping] = (),
    ) -> Outcome:
        """Search; see :class:`accelsim.mapper.contract.Driver`.

        Raises
        ------
        UsageError
            If nothing that can be divided is selected.
        IllegalMappingError
            If a mapping in ``start`` is not one of the problem.
        """
        places = selected_places(problem.arch, self.at)
        forms = list(_forms(problem, places))
        states = resume.states if isinstance(resume, _Resumed) else (None,) * len(forms)
        began = time.monotonic()
        found = _Found(objective, front)
        for form, state in zip(forms, states, strict=True):
            share = budget
            if budget.samples is not None and form is not problem:
                share = replace(share, samples=max(1, budget.samples // (len(forms) - 1)))
            if budget.seconds is not None:
                left = budget.seconds - (time.monotonic() - began)
                share = replace(share, seconds=max(0.0, left))

            def report(its: Progress) -> None:
                progress(found.told(its, budget.samples, time.monotonic() - began))

            starts = _starts(forms, form, [*start, *found.starts()])
            outcome = self.driver.search(
                form, objective, share,
                front=front, stop=stop, progress=report, resume=state,
                start=() if state is not None else starts,
            )  # fmt: skip
            found.outcomes.append(outcome)
            if not outcome.certificate.reproducible:
                break
        return found.outcome(forms, places)


def _forms(problem: MappingProblem, places: Sequence[Place]) -> Iterator[MappingProblem]:
    yield problem
    made, names = _divided(problem.arch), tuple(place.name for place in places)
    if names not in made:
        made[names] = tuple(uneven_forms(problem.arch, places))
    for arch in made[names]:
        form = mapping_problem(problem.layer, arch, problem.prices, problem.dataflows)
        yield replace(form, parts=tuple(_parts(arch, place) for place in places))


@kept
def _divided(_: Architecture) -> dict[tuple[str, ...], tuple[Architecture, ...]]:
    """Return the uneven forms that a machine has had, by the names of the divided places."""
    return {}


def _parts(form: Architecture, place: Place) -> tuple[int, ...]:
    """Return the numbers of the parts of a place."""
    return tuple(p for p, part in enumerate(form.places) if part.part_of == place.name)


def selected_places(arch: Architecture, at: str) -> tuple[Place, ...]:
    """Return the places that a selector divides.

    Raises
    ------
    UsageError
        If it selects none.
    """
    places = shared_places(arch, at)
    if places:
        return places
    able = [place.name for place in arch.places if shared_places(arch, place.name)]
    raise UsageError(
        Problem(
            f"'{at}' selects no memory of {arch.name} that several tensors share",
            expected=f"one of {', '.join(able)}" if able else "",
            hint="" if able else f"every memory of {arch.name} but the outermost keeps one tensor",
        )
    )


def as_form(mapping: Mapping, form: Architecture, layer: Layer) -> Mapping:
    """Write an even mapping as one of a machine's form: loops stand at the innermost part."""
    roles = {tensor.name: tensor.role for tensor in layer.tensors}
    steps: list[Block | Spread] = []
    for step in mapping.steps:
        name = step.place if isinstance(step, Block) else ""
        parts = [place for place in form.places if name and place.part_of == name]
        if isinstance(step, Spread) or not parts:
            steps.append(step)
            continue
        for part in parts:
            kept = frozenset(name for name in step.keep if part.holding(roles[name]))
            steps.append(Block(part.name, step.loops if part is parts[-1] else (), kept))
    return replace(mapping, steps=tuple(steps))


def _starts(
    forms: Sequence[MappingProblem], form: MappingProblem, mappings: Sequence[Mapping]
) -> list[Mapping]:
    """Return the mappings that a form knows: its own, and the even ones written as its own.

    What no form knows is the first one's, the even one's, to refuse.
    """
    even, known = forms[0].arch, []
    for mapping in mappings:
        of = form_with(even, mapping.places)
        if of == form.arch or (form is forms[0] and all(of != other.arch for other in forms)):
            known.append(mapping)
        elif of == even:
            known.append(as_form(mapping, form.arch, form.layer))
    return known


class _Found:
    """What the forms' searches have found so far."""

    def __init__(self, objective: Objective, front: bool) -> None:
        self.objective, self.wants_front = objective, front
        self.outcomes: list[Outcome] = []

    @property
    def best(self) -> Candidate | None:
        candidates = [one.best for one in self.outcomes if one.best is not None]
        return min(candidates, key=self._rank, default=None)

    def _rank(self, candidate: Candidate) -> tuple[float, float]:
        return self.objective.rank(candidate.energy, candidate.cycles)

    def front(self) -> tuple[Candidate, ...]:
        """Return the points of all fronts that no other is better than, by growing energy."""
        points = [point for one in self.outcomes for point in one.front]
        kept: list[Candidate] = []
        for point in sorted(points, key=lambda p: (p.energy, p.cycles)):
            if not kept or point.cycles < kept[-1].cycles:
                kept.append(point)
        return tuple(kept)

    def starts(self) -> list[Mapping]:
        """Return what the even search found, for the others to start from."""
        even = self.outcomes[:1]
        found = [one for out in even for one in (out.best, *out.front) if one is not None]
        return list(dict.fromkeys(one.mapping for one in found))

    def told(self, its: Progress, samples: int | None, seconds: float) -> Progress:
        """Return a report of one search as one of all together."""
        considered = its.considered + sum(one.certificate.considered for one in self.outcomes)
        best, energy, cycles = self.best, its.best_energy, its.best_cycles
        if best is not None and (
            energy is None
            or cycles is None
            or self._rank(best) < self.objective.rank(energy, cycles)
        ):
            energy, cycles = best.energy, best.cycles
        return Progress(considered, samples, seconds, energy, cycles)

    def certificate(self, forms: Sequence[MappingProblem], places: Sequence[Place]) -> Certificate:
        """Say what all searches did together, and what they proved together."""
        all_of = [one.certificate for one in self.outcomes]
        searched = len(all_of) == len(forms)
        bounds = [one.certificate.bound for one in self.outcomes if one.infeasible is None]
        proved = [bound for bound in bounds if bound is not None]
        names = {name for one in all_of for name, _ in one.details}
        ended = next((one.stopped_by for one in all_of if not one.reproducible), None)
        unproved = next((one for one in all_of if not one.optimal), all_of[0])
        orders = f"{len(all_of) - 1} of {len(forms) - 1}" if not searched else f"{len(forms) - 1}"
        what = f"{', '.join(place.name for place in places)} in {orders} orders of tensors"
        return replace(
            unproved,
            space_size=sum(form.space.size for form in forms),
            considered=sum(one.considered for one in all_of),
            optimal=searched
            and all(one.certificate.optimal or one.infeasible for one in self.outcomes),
            bound=min(proved, default=None) if searched and proved == bounds else None,
            stopped_by=ended or unproved.stopped_by,
            details=tuple(
                (name, sum(dict(one.details).get(name, 0) for one in all_of))
                for name in sorted(names)
            ),
            space_counts=" or ".join(dict.fromkeys(one.space_counts for one in all_of)),
            note="; ".join(filter(None, (unproved.note, f"even mappings, then uneven: {what}"))),
        )

    def _infeasible(self, forms: int) -> Infeasibility | None:
        """Return why no form has a mapping, by the even one; None unless that is so."""
        reasons = [one.infeasible for one in self.outcomes]
        return reasons[0] if len(reasons) == forms and None not in reasons else None

    def outcome(self, forms: Sequence[MappingProblem], places: Sequence[Place]) -> Outcome:
        """Return the outcome of all searches together."""
        states = [one.resume for one in self.outcomes]
        states += [None] * (len(forms) - len(states))
        best = self.best
        return Outcome(
            best,
            self.certificate(forms, places),
            self.front() if self.wants_front else (),
            _Resumed(tuple(states)),
            self._infeasible(len(forms)),
        )
