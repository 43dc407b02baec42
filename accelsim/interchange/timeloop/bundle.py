"""Timeloop's files, read as a whole: what machine, workload, mapping and rules they hold."""

from __future__ import annotations

from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from accelsim.arch.records import Architecture
from accelsim.arch.spec import architecture_of
from accelsim.errors import Problem, SpecError, Where
from accelsim.interchange.timeloop.chain import Chain
from accelsim.interchange.timeloop.chains import read_chain, unknown_targets
from accelsim.interchange.timeloop.directives import (
    KEEPING,
    LINKS,
    REUSE,
    Directive,
    read_directives,
)
from accelsim.interchange.timeloop.energies import Energies, read_energies
from accelsim.interchange.timeloop.machine import architecture
from accelsim.interchange.timeloop.making import Made
from accelsim.interchange.timeloop.nests import mapping
from accelsim.interchange.timeloop.problem import Problem as Described
from accelsim.interchange.timeloop.problem import described, read_problem, workload
from accelsim.interchange.timeloop.roles import Roles
from accelsim.interchange.timeloop.rules import dataflow, rules
from accelsim.interchange.timeloop.scope import Scope
from accelsim.interchange.timeloop.sources import Sources, Variable, read_sources
from accelsim.interchange.timeloop.targets import Targets
from accelsim.mapping.records import Mapping
from accelsim.mapping.spec import mapping_of
from accelsim.technology.accelergy import ART, ERT
from accelsim.workload.records import Layer
from accelsim.yamldoc import Document, Node

CONSTRAINTS = ("architecture_constraints", "constraints", "mapspace_constraints", "mapspace")


@dataclass
class Bundle:
    """Some of Timeloop's files together.  Parts are read when they are asked for."""

    sources: Sources
    layers: Sequence[Layer] = ()
    """What the call computes, where the files hold no problem."""
    arch: Architecture | None = None
    """The machine of the call, where the files hold none."""
    any_name: bool = False
    """Whether to pass over data-spaces of a problem that is not known, and not to refuse them."""

    @cached_property
    def variables(self) -> Scope:
        scope = Scope(self.sources)
        for node in self.sources.sections.get("variables", []):
            scope = Scope.of(self.sources, node, scope)
        return scope

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of spec that the files hold."""
        has = self.sources.sections
        found = {
            "architecture": "architecture" in has,
            "workload": "problem" in has,
            "mapping": any(node.value for node in has.get("mapping", [])),
            "dataflow": not self.sources.problems and bool(self.limits),
            "technology": ERT in has and "architecture" not in has,
        }
        return tuple(kind for kind, there in found.items() if there)

    @cached_property
    def problem(self) -> Described | None:
        if "problem" not in self.sources.sections and self.layers:
            return described(self.layers)
        with self.sources.reading("workload"):
            return read_problem(self.sources, self.variables)

    @cached_property
    def energies(self) -> Energies:
        with self.sources.reading("architecture"):
            return read_energies(self.sources)

    @cached_property
    def nest(self) -> list[Directive]:
        """What the mapping says."""
        with self.sources.reading("mapping"):
            return read_directives(self.sources, self.sources.one("mapping"), self.variables)

    @cached_property
    def of_hardware(self) -> list[Directive]:
        """What stands under ``architecture_constraints``, which speak of the machine."""
        return self._read(CONSTRAINTS[:1])

    @cached_property
    def constraints(self) -> list[Directive]:
        """What stands under constraints of any name, beside the architecture."""
        return [*self.of_hardware, *self._read(CONSTRAINTS[1:])]

    def _read(self, sections: Sequence[str]) -> list[Directive]:
        with self.sources.reading("dataflow"):
            return [
                directive
                for name in sections
                for node in self.sources.sections.get(name, [])
                for directive in read_directives(self.sources, node, self.variables)
            ]

    @cached_property
    def limits(self) -> list[Directive]:
        """What limits mappings: at nodes, and under constraints; what machines say is not here."""
        has_machine = "architecture" in self.sources.sections
        said = [*self.built_in]
        hardware = self.of_hardware if has_machine else []
        for one in self.constraints:
            if one in said or one in hardware:
                continue
            if one.limits_loops or one.kind == KEEPING:
                said.append(one)
            elif one.no_links or one.no_reuse or one.kind in (LINKS, REUSE):
                what = f"'{one.type}' at {one.target} is left out: it is of the machine, and so of "
                self.sources.note(one.node, f"{what}its file (or import the files together)")
        return said

    @cached_property
    def of_search(self) -> list[Directive]:
        """What limits mappings that are searched, and not every mapping of the machine."""
        return [one for one in self.limits if one not in self.built_in]

    @cached_property
    def built_in(self) -> list[Directive]:
        """What limits loops at nodes and under ``architecture_constraints``: of any mapping."""
        if "architecture" not in self.sources.sections or self.chain is None:
            return []
        said = [one for one in self.chain.constraints if one not in self.nest]
        return [one for one in said if one.kind != KEEPING and one.limits_loops]

    @cached_property
    def chain(self) -> Chain | None:
        with self.sources.reading("architecture"):
            chain = read_chain(self.sources, self.variables)
        if chain is not None:
            unknown_targets(self.sources, chain, self.constraints)
            chain.constraints += self.of_hardware
            chain.constraints += [one for one in self.nest if one.no_links or one.no_reuse]
        return chain

    def document(self, kind: str, *, apart: bool = False) -> Document:
        """Return what the files hold of a kind, as a document of ours.

        Parameters
        ----------
        apart : a machine without the constraints of searches, which are a dataflow then

        Raises
        ------
        SpecError
            If they hold none, or it is at fault.
        """
        with self.sources.reading(kind):
            root = self._root(kind, apart)
        self.sources.stop_if_wrong()
        if root is None:
            raise SpecError([self.lacks(kind)])
        return self.sources.document(root)

    def lacks(self, kind: str) -> Problem:
        section = {"architecture": "architecture", "workload": "problem", "technology": ERT}
        name = section.get(kind, kind)
        what = f"these files of Timeloop's hold no '{name}'"
        return Problem(what, Where(self.sources.files[0], 1, 1), hint=f"they hold {self.held}")

    @property
    def held(self) -> str:
        return ", ".join(sorted(self.sources.sections)) or "nothing that is read here"

    def _root(self, kind: str, apart: bool) -> Node | None:
        if kind == "architecture" and self.chain is not None:
            problem = self.problem
            roles = Roles(self.sources, problem.roles if problem else None, self.any_name)
            limits = {"constraints": self.built_in, "search_constraints": self.of_search}
            rules = {
                key: Made(said[0].node).listed(self._rules(said))
                for key, said in limits.items()
                if said and not (apart and said is self.of_search)
            }
            about = {kind} if apart else {kind, "dataflow"}
            return architecture(
                self.sources, self.chain, self.energies, self.variables, roles, rules, about
            )
        if kind == "workload" and self.problem is not None:
            return workload(self.sources, self.problem)
        if kind == "dataflow" and "dataflow" in self.kinds:
            return self._dataflow(self.of_search if apart else self.limits)
        if kind == "technology":
            inside = {
                name: found for name in (ERT, ART) if (found := self.sources.one(name)) is not None
            }
            return Node(inside, next(iter(inside.values())).mark) if ERT in inside else None
        return None

    def _dataflow(self, limits: Sequence[Directive]) -> Node:
        """Return what constrains mappings: what stands at nodes, and under constraints."""
        has = self.sources.sections
        where = next(has[name][0] for name in (*CONSTRAINTS, "architecture") if name in has)
        return dataflow(self.sources, self._rules(limits), where)

    def _rules(self, limits: Sequence[Directive]) -> list[Node]:
        there = Targets(self.arch) if self.arch is not None else None
        chain = self.chain if "architecture" in self.sources.sections else there
        problem = self.problem
        roles = Roles(self.sources, problem.roles if problem else None, self.any_name)
        return rules(self.sources, limits, chain, problem, roles)

    def machine(self) -> Architecture:
        """Return the machine.

        Raises
        ------
        SpecError
            If the files hold none, or it is at fault.
        """
        return architecture_of(self.document("architecture"))

    def mapping(self, arch: Architecture, layer: Layer) -> Mapping:
        """Return the mapping, of a layer onto a machine.

        Raises
        ------
        SpecError
            If the files hold none, or it does not fit.
        """
        return mapping_of(self.mapping_document(arch, layer), arch, layer)

    def mapping_document(self, arch: Architecture, layer: Layer) -> Document:
        """Return the mapping as a document of ours.

        Raises
        ------
        SpecError
            If the files hold none, or it does not fit.
        """
        where = self.sources.one("mapping")
        if where is None:
            raise SpecError([self.lacks("mapping")])
        root = mapping(self.sources, self.nest, where, arch, layer)
        self.sources.stop_if_wrong()
        assert root is not None
        return self.sources.document(root)


def read_bundle(
    paths: Sequence[Path],
    folders: Sequence[Path] = (),
    layers: Sequence[Layer] = (),
    arch: Architecture | None = None,
    any_name: bool = False,
    given: Given[Path, Given[str, Variable]] | None = None,
) -> Bundle:
    """Read some of Timeloop's files as one.

    Parameters
    ----------
    layers, arch : the problem and the machine of a call, for files that hold none
    any_name : pass over data-spaces of a problem that is not known
    given : file -> values of the variables that it leaves open as a template

    Raises
    ------
    SpecError
        If one cannot be read or parsed.
    """
    return Bundle(read_sources(paths, folders, given), layers, arch, any_name)
