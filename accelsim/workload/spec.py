"""Workload specs: YAML -> :class:`~accelsim.workload.records.Network`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

from accelsim.errors import Problem, SpecError, Where
from accelsim.expressions import linear
from accelsim.roles import ROLES, Role
from accelsim.specs.fields import one_of, suggestion
from accelsim.specs.join import Faults, SpecModel, check_kind, validate, validate_part
from accelsim.specs.overrides import is_set, marked, overridden
from accelsim.specs.references import Reference, open_spec, parameters_of, parse_reference
from accelsim.specs.zeros import PATTERN, PatternFile
from accelsim.units import ValueProblemError, shown
from accelsim.workload.flow import edges_of
from accelsim.workload.paths import matched_names, path_problem, resolve_path
from accelsim.workload.patterns import read_pattern
from accelsim.workload.records import Layer, Network, Op, Rank, Tensor, Term, without_graph
from accelsim.workload.schema import (
    BatchedGemmSpec,
    ConvSpec,
    DepthwiseSpec,
    EinsumSpec,
    ElementwiseSpec,
    FcSpec,
    GemmSpec,
    LayerModel,
    PoolSpec,
    WorkloadSpec,
    layer_tag,
)
from accelsim.workload.shapes import LayerFault, Options, layer_faults, named_layer
from accelsim.workload.staying import with_residents
from accelsim.yamldoc import Document, Keys, parse

LAYER_MODELS: dict[str, type[SpecModel]] = {
    model.tag: model
    for model in (
        ConvSpec,
        DepthwiseSpec,
        FcSpec,
        GemmSpec,
        BatchedGemmSpec,
        PoolSpec,
        ElementwiseSpec,
        EinsumSpec,
    )
}

BIT_KEYS = {role.lower(): role for role in ROLES}


def read_workload(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Network:
    """Read a network: a shipped name or a path, with layers and parameters after a colon.

    ``alexnet``, ``alexnet:conv3``, ``alexnet:conv*,batch=16``, ``x/mine.yaml:batch=4``.

    Parameters
    ----------
    overrides : sequence of "PATH=VALUE"
        Changes made before anything is judged: ``conv*.bits.weights=8``, ``conv1.M=64``, or a
        parameter, ``batch=4``.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    reference = parse_reference(name_or_path)
    return network_of(open_spec("workload", reference), reference, overrides)


def network_of(document: Document, reference: Reference, overrides: Sequence[str] = ()) -> Network:
    """Return the network of a document: the layers that a reference to it selects.

    Raises
    ------
    SpecError
        With every problem of the document.
    """
    network = _network(document, overrides)
    return selected(network, reference) if reference.patterns else network


def read_layer(keys: Mapping[str, object]) -> Layer:
    """Read one layer from keys and values, as a workload's ``layers:`` has them.

    Values are those of JSON.  A layer without a name is called by its shape.

    Raises
    ------
    SpecError
        With every problem of the layer.

    >>> read_layer({"shape": "fc", "M": 10, "C": 84}).operations
    840
    """
    layer = {"name": keys.get("shape", "layer"), **keys}
    whole = {"kind": "workload", "name": "layer", "layers": [layer]}
    root = parse(json.dumps(whole, ensure_ascii=False)).root
    document = Document("the layer", "", marked(root, "the layer"))
    (found,) = _network(document, ()).layers
    return found


def _network(document: Document, overrides: Sequence[str]) -> Network:
    check_kind(document, "workload")
    document, problems = overridden(document, overrides, resolve_path)
    faults = Faults(document, problems)
    context = parameters_of(document)
    spec = validate(WorkloadSpec, faults, context)
    bits = spec.bits if spec else {}
    build = _Build(document, context.parameters, bits, faults.problems)
    for index, node in faults.intact_items("layers"):
        keys: Keys = ("layers", index)
        tag = layer_tag(node.plain())
        layer: object = spec.layers[index] if spec else None
        if layer is None and tag:
            layer = validate_part(LAYER_MODELS[tag], document, keys, context)
        if isinstance(layer, LayerModel):
            build.layer(keys, layer)
    if spec is None or faults:
        raise faults.error()
    edges, unfed = edges_of(spec, build.layers, document)
    faults.problems += unfed
    if faults:
        raise faults.error()
    layers, unkept = with_residents(spec, build.layers, edges, document)
    faults.problems += unkept
    if faults:
        raise faults.error()
    assumptions = [*([spec.assumed] if spec.assumed else []), *spec.assumptions]
    return Network(
        name=spec.name,
        layers=layers,
        source=spec.source or "",
        parameters=tuple(spec.parameters.items()),
        assumptions=tuple(assumptions),
        edges=edges,
        inputs=tuple(spec.inputs.items()),
        outputs=tuple(spec.outputs),
    )


def selected(network: Network, reference: Reference) -> Network:
    """Return the layers that the patterns of a reference select, in the network's order.

    Raises
    ------
    SpecError
        If a pattern matches none.
    """
    names = [layer.name for layer in network.layers]
    problems = []
    for pattern in reference.patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = suggestion(pattern, names)
            expected = one_of(names) if len(names) <= 12 else f"one of the {len(names)} layers"
            what = f"no layer '{pattern}' in {network.name}"
            problems.append(Problem(what, Where(reference.words), pattern, expected, hint))
    if problems:
        raise SpecError(problems)
    layers = tuple(
        layer
        for layer in network.layers
        if any(fnmatchcase(layer.name, pattern) for pattern in reference.patterns)
    )
    return network if layers == network.layers else without_graph(network, layers)


def knows_path(document: Document, path: str) -> bool:
    """Tell whether a ``--set`` path means something in a workload."""
    return not isinstance(resolve_path(document, path), Problem)


def unknown_path(document: Document, path: str) -> Problem | None:
    """Return what is wrong with a ``--set`` path that no value could mend; None if nothing is."""
    return path_problem(document, path)


def changed_names(document: Document, reference: Reference, path: str) -> tuple[str, ...]:
    """Return the names of the layers that a ``--set`` path changes, of those that are selected."""
    names = matched_names(document, path)
    patterns = reference.patterns or ("*",)
    return tuple(name for name in names if any(fnmatchcase(name, it) for it in patterns))


@dataclass
class _Build:
    """A network on its way; problems are collected as it grows."""

    document: Document
    parameters: Mapping[str, int]
    bits: Mapping[str, int]
    problems: list[Problem]
    layers: list[Layer] = field(default_factory=list)
    names: dict[str, Keys] = field(default_factory=dict)

    def fault(self, keys: Keys, problem: Problem) -> None:
        self.problems.append(replace(problem, where=self.document.where(keys)))

    def layer(self, keys: Keys, spec: LayerModel) -> None:
        if spec.name in self.names:
            line = self.document.where(self.names[spec.name]).line
            what = f"layer '{spec.name}' is already described" + (
                f" in line {line}" if line else ""
            )
            self.fault((*keys, "name"), Problem(what))
        self.names.setdefault(spec.name, keys)
        layer = self.einsum(keys, spec) if isinstance(spec, EinsumSpec) else _named(spec)
        if layer is None:
            return
        for fault in layer_faults(layer):
            self.layer_fault(keys, layer, fault)
        tensors = self.valued(keys, spec, layer)
        self.layers.append(
            replace(
                layer,
                tensors=tensors,
                group=spec.group or layer.group or layer.shape,
                assumptions=(spec.assumed,) if spec.assumed else (),
                source=spec.source or "",
            )
        )

    def layer_fault(self, keys: Keys, layer: Layer, fault: LayerFault) -> None:
        """Note a fault of a layer at the tensor or dim that it is about, if the file names it."""
        where = self.document.where(keys)
        if layer.shape == "einsum" and fault.tensor:
            index = [tensor.name for tensor in layer.tensors].index(fault.tensor)
            last = index == len(layer.tensors) - 1
            where = self.document.where((*keys, *(("output",) if last else ("inputs", index))))
        elif fault.dim:
            where = self.document.where_key((*keys, "dims", fault.dim))
        self.problems.append(replace(fault.problem, where=where))

    def valued(self, keys: Keys, spec: LayerModel, layer: Layer) -> tuple[Tensor, ...]:
        """Give tensors their bits and densities."""
        names = [tensor.name for tensor in layer.tensors]
        for key in ("bits", "density"):
            for written in getattr(spec, key):
                if written not in BIT_KEYS and written not in names:
                    known = [*BIT_KEYS, *names]
                    self.problems.append(
                        Problem(
                            f"unknown tensor '{written}' in {key}",
                            self.document.where_key((*keys, key, written)),
                            expected=one_of(known),
                            hint=suggestion(written, known),
                        )
                    )

            for role in dict.fromkeys(tensor.role for tensor in layer.tensors):
                word, its = role.lower(), getattr(spec, key)
                named = [tensor.name for tensor in layer.tensors if tensor.role == role]
                if word in its and word not in names and all(name in its for name in named):
                    what = f"'{word}' in {key} says nothing: {', '.join(named)} is stated too"
                    where = self.document.where_key((*keys, key, word))
                    self.problems.append(Problem(what, where, expected="one of the two"))

        def stated(values: Mapping[str, int], tensor: Tensor) -> int | None:
            return values.get(tensor.name, values.get(tensor.role.lower()))

        valued = []
        for tensor in layer.tensors:
            bits = stated(spec.bits, tensor) or stated(self.bits, tensor) or tensor.bits
            valued.append(self.with_zeros(keys, spec, layer, replace(tensor, bits=bits)))
        return tuple(valued)

    def with_zeros(self, keys: Keys, spec: LayerModel, layer: Layer, tensor: Tensor) -> Tensor:
        """Return a tensor with its density, and with what is known of its zeros beyond that."""
        key = tensor.name if tensor.name in spec.density else tensor.role.lower()
        stated = spec.density.get(key, 1.0)
        if not isinstance(stated, PatternFile):
            if isinstance(stated, float):
                return replace(tensor, density=stated)
            return replace(tensor, density=stated.density, pattern=stated)
        try:
            mark = self.document.mark((*keys, "density", key, PATTERN))
            folder = Path() if is_set(mark) else Path(mark.file or self.document.file).parent
            pattern = read_pattern(folder, stated, layer.extents(tensor))
        except ValueProblemError as fault:
            self.fault((*keys, "density", key), fault.problem)
            return tensor
        return replace(tensor, density=pattern.density, pattern=pattern)

    # --- einsums ----------------------------------------------------------------------------------

    def einsum(self, keys: Keys, spec: EinsumSpec) -> Layer | None:
        before = len(self.problems)
        tensors = [
            self.tensor((*keys, "inputs", index), text, spec)
            for index, text in enumerate(spec.inputs)
        ]
        tensors.append(self.tensor((*keys, "output"), spec.output, spec))
        seen: set[str] = set()
        for position, tensor in enumerate(tensors):
            place = "output" if position == len(spec.inputs) else "inputs"
            if tensor and tensor.name in seen:
                self.fault((*keys, place), Problem(f"tensor '{tensor.name}' occurs twice"))
            seen.add(tensor.name if tensor else "")
        if len(self.problems) > before:
            return None
        return Layer(
            spec.name,
            "einsum",
            tuple(spec.dims.items()),
            tuple(tensor for tensor in tensors if tensor),
            op=cast("Op", spec.op),
        )

    def tensor(self, keys: Keys, text: str, spec: EinsumSpec) -> Tensor | None:
        """Read ``A[I, 2*P + R] as Weights``."""
        is_output = keys[-1] == "output"
        found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*\[(.*)\]\s*(?:as\s+(\w+)\s*)?", text)
        if not found:
            form = "NAME[INDEX, INDEX], or NAME[...] as ROLE"
            self.fault(keys, Problem(f"'{shown(text)}' is not a tensor", expected=form))
            return None
        name, inside, stated = found[1], found[2], found[3]
        if stated and stated not in ROLES:
            problem = Problem(
                f"unknown role '{stated}' of {name}",
                expected=one_of(ROLES),
                hint=suggestion(stated, ROLES),
            )
            self.fault(keys, problem)
            return None
        role = stated or ("Outputs" if is_output else "Weights" if name == "Weights" else "Inputs")
        if (role == "Outputs") != is_output:
            what = f"{name} is {'the output' if is_output else 'an input'}, but is read as {role}"
            allowed = ("Outputs",) if is_output else ("Weights", "Inputs")
            self.fault(keys, Problem(what, expected=one_of(allowed)))
            return None
        ranks = self.ranks(keys, inside, spec)
        return None if ranks is None else Tensor(name, cast("Role", role), ranks)

    def ranks(self, keys: Keys, inside: str, spec: EinsumSpec) -> tuple[Rank, ...] | None:
        ranks = []
        for index in inside.split(",") if inside.strip() else []:
            try:
                terms = linear(index, spec.dims, self.parameters)
            except ValueProblemError as fault:
                self.fault(keys, fault.problem)
                return None
            ranks.append(Rank(index.strip(), tuple(Term(dim, factor) for dim, factor in terms)))
        return tuple(ranks)


def _named(spec: LayerModel) -> Layer:
    bounds = {dim: getattr(spec, dim) for dim in spec.dim_names()}
    options = Options(
        stride=getattr(spec, "stride", (1, 1)),
        dilation=getattr(spec, "dilation", (1, 1)),
        operands=getattr(spec, "operands", 1),
    )
    return named_layer(spec.name, spec.tag.strip("<>"), bounds, options)
