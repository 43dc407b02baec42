"""Counting conventions: the named switches in which published cost models differ.

The default is what hardware with ideal reuse would do; ``docs/model.md`` gives each word its rule.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from accelsim.errors import Problem


@dataclass(frozen=True, slots=True)
class Conventions:
    """How movement is counted and what of it is charged.

    Attributes
    ----------
    reuse : "window", "timeloop" or "none"
        What of a tile stays when its place begins a new residence: what the step of a closing run
        leaves in place (rule 4), what a comparison with the tile before finds (rule 8), nothing.
    multicast : "distinct", "equal" or "none"
        Which words lanes read together: those that several newly need, those of lanes that need
        exactly the same, none (rule 6).
    tiles : "exact" or "box"
        The words that a tile touches, or the bounding box around them, gaps included (rule 5).
    returns : "one" or "all"
        Of instances that share a sum, who gets it back: one of them or each (rule 7).
    first_reads : "elided", "charged" or "unfinished"
        Whether a sum that starts from zero is read and delivered all the same: never, always, or
        between two places where some sum comes by more than once (rule 7).
    blocks : "visit" or "total"
        Whether accesses are rounded up to whole blocks at each visit, or once on the total of an
        instance (rule 15).
    drains : "charged" or "free"
        Whether the read of a sum that leaves for its parent costs energy and port time (rule 14).
    leakage : "built" or "used"
        Which instances leak: all, but for levels that say ``gates_unused``, or those in use.
    """

    reuse: Literal["window", "timeloop", "none"] = "window"
    multicast: Literal["distinct", "equal", "none"] = "distinct"
    tiles: Literal["exact", "box"] = "exact"
    returns: Literal["one", "all"] = "one"
    first_reads: Literal["elided", "charged", "unfinished"] = "elided"
    blocks: Literal["visit", "total"] = "visit"
    drains: Literal["charged", "free"] = "charged"
    leakage: Literal["built", "used"] = "built"

    @property
    def plain(self) -> bool:
        """Whether the counter's fast kernel knows them."""
        return (
            self.reuse != "timeloop"
            and self.multicast != "equal"
            and (self.tiles, self.returns, self.first_reads) == ("exact", "one", "elided")
            and (self.blocks, self.drains) == ("visit", "charged")
        )

    def __str__(self) -> str:
        """Say what differs from the default."""
        default = Conventions()
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return ", ".join(f"{k}: {v}" for k, v in said.items() if v != getattr(default, k))


WORDS: dict[str, tuple[str, ...]] = {
    name: get_args(hint) for name, hint in get_type_hints(Conventions).items()
}
"""The words that each convention may be."""


def convention_problems(conventions: Conventions) -> dict[str, Problem]:
    """Return what keeps conventions from going together; empty if they do.

    Returns
    -------
    the convention that would have to be another -> the problem
    """
    problems = {}
    if conventions.reuse == "timeloop":
        for name, needed in (("tiles", ("box",)), ("multicast", ("equal", "none"))):
            said = getattr(conventions, name)
            if said not in needed:
                problems[name] = Problem(
                    f"`reuse: timeloop` does not go together with `{name}: {said}`",
                    got=said,
                    expected=" or ".join(f"`{name}: {word}`" for word in needed),
                )
    return problems
