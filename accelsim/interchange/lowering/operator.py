"""One operator as lowering reads it: shapes and attributes, checked as they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from accelsim.errors import AccelsimError, SpecError
from accelsim.interchange.graph import Node, Value
from accelsim.interchange.places import quoted, refusal

Shape = tuple[int, ...]


class UnmodelledError(AccelsimError):
    """An operator that is left out of the layers, and why; it never ends an import."""


@dataclass(frozen=True)
class Draft:
    """A layer on its way.

    Attributes
    ----------
    keys : mapping
        Of a layer in a workload file, without name, bits and sources.
    reads : mapping of str to str
        Tensor -> the value that feeds it, activations and weights alike.
    beside : mapping of str to str
        Tensor -> a value that stands before that one in it.
    shows : mapping of str to tuple of str
        Other outputs of the operator -> the values that they consist of.
    writes : tuple of str
        The values that come from its output.
    part : str
        What it is of its operator, where that becomes several layers.
    unread : bool
        Whether its windows do not reach all of its input.
    """

    keys: Mapping[str, object]
    reads: Mapping[str, str]
    writes: tuple[str, ...]
    part: str = ""
    unread: bool = False
    beside: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Operator:
    """A node with the values around it; ``constants`` are those that do not depend on an input."""

    node: Node
    values: Mapping[str, Value]
    constants: Collection[str] = field(default_factory=frozenset)

    @property
    def output(self) -> str:
        return self.node.outputs[0]

    def has(self, index: int) -> bool:
        return index < len(self.node.inputs) and bool(self.node.inputs[index])

    def input(self, index: int) -> str:
        if not self.has(index):
            raise self.refusal(f"has no input {index + 1}")
        return self.node.inputs[index]

    def is_constant(self, index: int) -> bool:
        return self.has(index) and self.node.inputs[index] in self.constants

    def shape(self, index: int) -> Shape:
        """Return the shape of an input, in values per axis."""
        return self._known(self.input(index))

    def output_shape(self) -> Shape:
        """Return the shape of the first output, in values per axis."""
        return self._known(self.output)

    def _known(self, name: str) -> Shape:
        value = self.values.get(name)
        if value is None or value.shape is None:
            raise UnmodelledError("shape unknown")
        if 0 in value.shape:
            raise UnmodelledError("no values")
        return value.shape

    def whole(self, name: str, default: int) -> int:
        """Return an attribute that is one whole number."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise self.refusal(f"has {name} of another type", "a whole number")
        return value

    def wholes(self, name: str, default: Shape) -> Shape:
        """Return an attribute that is as many whole numbers as its default."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, tuple):
            raise self.refusal(f"has {name} of another type", "whole numbers")
        numbers = tuple(item for item in value if isinstance(item, int))
        if len(numbers) != len(default) or len(value) != len(default):
            raise self.refusal(f"has {name} of {list(value)[:8]}", f"{len(default)} whole numbers")
        return numbers

    def positive(self, name: str, default: Shape) -> Shape:
        """Return an attribute that is as many numbers above 0 as its default."""
        numbers = self.wholes(name, default)
        if any(not 1 <= number <= 2**20 for number in numbers):
            raise self.refusal(f"has {name} of {list(numbers)}", "numbers from 1 to 2^20")
        return numbers

    def text(self, name: str, default: str) -> str:
        value = self.node.attributes.get(name, default)
        if not isinstance(value, str):
            raise self.refusal(f"has {name} of another type", "text")
        return value

    def refusal(self, what: str, expected: str = "") -> SpecError:
        """Return the error of an operator that contradicts itself."""
        return refusal(f"node {quoted(self.node.name)} ({self.node.op}) {what}", expected)


def bounds(**dims: int) -> dict[str, object]:
    """Return dims as a layer writes them: those of bound 1 are left out."""
    return {dim: bound for dim, bound in dims.items() if bound != 1}


def named_by_role(weights: list[bool]) -> list[str]:
    """Name tensors by their roles, numbered from the second on.

    >>> named_by_role([False, True, False])
    ['Inputs', 'Weights', 'Inputs2']
    """
    names: list[str] = []
    for is_weights in weights:
        role = "Weights" if is_weights else "Inputs"
        number = sum(name.startswith(role) for name in names) + 1
        names.append(role if number == 1 else f"{role}{number}")
    return names


def indexed(name: str, dims: str) -> str:
    """Return a tensor as an einsum writes it; the first weights have their role by their name.

    >>> indexed("Inputs2", "IJ"), indexed("Weights2", "J")
    ('Inputs2[I, J]', 'Weights2[J] as Weights')
    """
    role = " as Weights" if name.startswith("Weights") and name != "Weights" else ""
    return f"{name}[{', '.join(dims)}]{role}"
