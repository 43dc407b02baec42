"""Timeloop's constraints as the rules of a dataflow.

A factor is what the loops of a dim multiply to at a level, ``0`` all of it, ``<=`` at most that;
what a permutation names stands innermost, in its order; a split says which dims are on X.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accelsim.interchange.timeloop.chain import Chain
from accelsim.interchange.timeloop.directives import (
    KEEPING,
    SPATIAL,
    TEMPORAL,
    Directive,
    settle_order,
)
from accelsim.interchange.timeloop.making import Made, native_name, notes_of
from accelsim.interchange.timeloop.problem import Problem
from accelsim.interchange.timeloop.roles import Roles
from accelsim.interchange.timeloop.sources import Sources
from accelsim.interchange.timeloop.targets import Targets
from accelsim.roles import ROLES
from accelsim.specs.fields import one_of, suggestion
from accelsim.units import shown
from accelsim.yamldoc import Node, Scalar

NAME = "timeloop-constraints"


def rules(
    sources: Sources,
    directives: Sequence[Directive],
    chain: Chain | Targets | None,
    problem: Problem | None,
    roles: Roles,
) -> list[Node]:
    """Return constraints as rules; without a machine, targets are taken by their names."""
    build = _Rules(sources, chain, problem, roles)
    return [rule for one in directives for rule in build.rules(one)]


def dataflow(sources: Sources, rules: Sequence[Node], where: Node) -> Node:
    """Return rules as a dataflow."""
    made = Made(where)
    return made.mapping(
        {
            "kind": made.value("dataflow"),
            "name": made.value(NAME),
            "source": made.value(f"Timeloop, {', '.join(sources.files)}"),
            "rules": made.listed(rules),
            **({"assumed": notes["assumptions"]} if (notes := _notes(sources, made)) else {}),
        }
    )


def _notes(sources: Sources, made: Made) -> dict[str, Node]:
    said = notes_of(sources, made, {"dataflow"})
    if not said:
        return {}
    listed = said["assumptions"].value
    assert isinstance(listed, list)
    return {"assumptions": made.value("; ".join(str(node.value) for node in listed))}


class _Rules:
    def __init__(
        self,
        sources: Sources,
        chain: Chain | Targets | None,
        problem: Problem | None,
        roles: Roles,
    ) -> None:
        self.sources, self.chain, self.roles = sources, chain, roles
        self.bounds = problem.dims if problem else {}
        self.dims = tuple(self.bounds)
        self.indexed = {
            tensor.name: {dim for rank in tensor.ranks for dim, _ in rank}
            for tensor in (problem.tensors if problem else ())
        }

    def rules(self, it: Directive) -> Iterator[Node]:
        """Yield the rules that a directive makes."""
        made = Made(it.node)
        settle_order(self.sources, it, self.dims)
        self.check_dims(it)
        if it.kind == TEMPORAL:
            limits, order = self.limits(it, made), self.order(it, made)
            if limits or order:
                inside = {"temporal": made.mapping(limits)} if limits else {}
                if limits and it.factors_only:
                    inside["others"] = made.value(1)
                more = {"order": order} if order is not None else {}
                yield self.rule(made, it, self.place(it), {**inside, **more})
        elif it.kind == SPATIAL:
            yield from self.spatial(it, made)
        elif it.kind == KEEPING:
            keep, bypass = self.roles.of(it.keep), self.roles.of(it.bypass)
            if it.keep_only:
                bypass |= set(ROLES) - keep
            if it.bypass_only:
                keep |= set(ROLES) - bypass
            inside = {}
            if keep:
                inside["keep"] = made.words([role for role in ROLES if role in keep])
            if bypass:
                inside["may_keep"] = made.words([role for role in ROLES if role not in bypass])
            if inside:
                yield self.rule(made, it, self.place(it), inside)

    def spatial(self, it: Directive, made: Made) -> Iterator[Node]:
        at = self.fanout(it)
        if self.chain is not None and self.chain.fan(it.target) is None:
            return
        limits = self.limits(it, made)
        if limits:
            others = {"others": made.value(1)} if it.factors_only else {}
            yield self.rule(made, it, at, {"spatial": made.mapping(limits), **others})
        if it.split is None or not it.order:
            return
        order = self.whole_order(it)
        for axis, barred in (("spatial_y", order[: it.split]), ("spatial_x", order[it.split :])):
            ones = {dim: made.value(1) for dim in barred if dim != "*"}
            if ones:
                yield self.rule(made, it, at, {axis: made.mapping(ones)})

    def whole_order(self, it: Directive) -> list[str]:
        """Return an order with the dims that it does not name, as far as they are known."""
        rest = [dim for dim in self.dims if dim not in it.order]
        if "*" not in it.order:
            return [*it.order, *rest]
        at = it.order.index("*")
        return [*it.order[:at], *rest, *it.order[at + 1 :]]

    def rule(self, made: Made, it: Directive, at: str, inside: dict[str, Node]) -> Node:
        because = f"{self.sources.where(it.node)}: {it.type} at {it.target}"
        return made.mapping({"at": made.value(at), **inside, "because": made.value(because)})

    def place(self, it: Directive) -> str:
        found = self.chain.storage(it.target) if self.chain else None
        if found is None and self.chain is not None:
            self.no_target(it, [storage.name for storage in self.chain.storages])
        if found is None and isinstance(it.target, int):
            what = f"level {it.target} is counted from the innermost, and there is no machine here"
            self.sources.note(it.node, what)
        return native_name(found.name if found else str(it.target))

    def fanout(self, it: Directive) -> str:
        target = str(it.target)
        if self.chain is not None:
            found = self.chain.fan(it.target)
            if found is None:
                self.no_target(it, [fan.name for fan in self.chain.fans])
            return native_name(found.name if found else target)
        if target.startswith("inter_") and target.endswith("_spatial"):
            return native_name(target.removeprefix("inter_").removesuffix("_spatial"))
        return native_name(f"{target}_fanout")

    def no_target(self, it: Directive, known: list[str]) -> None:
        if it.kind == SPATIAL and all(one.value == 1 for one in it.factors):
            return
        hint = suggestion(str(it.target), known)
        what = f"no level '{shown(str(it.target))}' for a {it.type} constraint"
        self.sources.fault(it.node, what, one_of(known), hint)

    def check_dims(self, it: Directive) -> None:
        named = [(one.dim, one.node) for one in it.factors]
        named += [(dim, it.order_node or it.node) for dim in it.order if dim != "*"]
        for dim, node in named:
            if self.dims and dim not in self.dims:
                hint = suggestion(dim, list(self.dims))
                self.sources.fault(
                    node, f"the problem has no dim '{shown(dim)}'", one_of(list(self.dims)), hint
                )

    def limits(self, it: Directive, made: Made) -> dict[str, Node]:
        limits: dict[str, Scalar] = {}
        for one in it.factors:
            if one.relation == ">=":
                what = f"'{one.dim}>={one.value}' is left out: there is no lower limit here"
                self.sources.note(one.node, what)
            elif one.relation == "<=":
                limits[one.dim] = f"<={max(1, one.value)}"
            elif one.value > self.bounds.get(one.dim, one.value):
                all_of_it = self.bounds[one.dim]
                what = f"'{one.dim}={one.value}' is taken as all of {one.dim}, {all_of_it}"
                self.sources.note(one.node, what)
                limits[one.dim] = one.value
            else:
                limits[one.dim] = one.value or "whole"
        for dim in self.without_loops(it):
            limits.setdefault(dim, 1)
        return {dim: made.value(limit) for dim, limit in limits.items()}

    def without_loops(self, it: Directive) -> Iterator[str]:
        """Yield the dims that have no loop because of the data-spaces that they index."""
        for names, inside in ((it.still, True), (it.moving, False)):
            if not names:
                continue
            if not self.dims:
                what = f"'{it.type}' at {it.target} speaks of data-spaces, left out: the problem "
                self.sources.note(it.node, f"{what}is not among the files")
                continue
            self.roles.of(names)
            said = {*self.indexed} if any(name == "*" for name, _ in names) else dict(names)
            indexed = set().union(*(self.indexed.get(name, set()) for name in said))
            yield from (dim for dim in self.dims if (dim in indexed) is inside)

    def order(self, it: Directive, made: Made) -> Node | None:
        """Return the groups of dims, outermost first; dims that are not named stand outside."""
        if not it.order:
            return None
        inner_first = it.order if "*" in it.order else [*it.order, "*"]
        return made.listed([made.value(dim) for dim in reversed(inner_first)])
