"""The Eyeriss chip with its zeros: power, time and compressed traffic beside what was measured.

The mappings are those of table III (JSSC 2017), counted at batch 4.  To the shipped machine, which
takes no note of zeros, come

- for power: the table ``nn-dataflow-65nm`` and its 30 mW of static power; a zero of the inputs
  gates what the paper says it gates, the read of the filter scratchpad and the multiplier, to such
  prices that a PE saves 45 %;
- for time and traffic: run-length compression of feature maps in the DRAM, and a link of 64 bits at
  60 MHz whose transfers do not hide behind compute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from accelsim.arch.records import Architecture
from accelsim.arch.spec import read_architecture
from accelsim.evaluation.evaluate import evaluate
from accelsim.evaluation.records import Evaluation
from accelsim.roles import Role
from accelsim.sparsity.formats import Format
from accelsim.technology.records import EnergyTable
from accelsim.technology.spec import read_technology
from accelsim.validation.published import Figure, read_figures
from accelsim.validation.records import Case, Study, at_least, between, times, within
from accelsim.validation.studies.eyeriss_jssc2017 import LAYERS, dram_words, mapped
from accelsim.workload.records import Layer

TABLE = "nn-dataflow-65nm"

STATIC_MW = 30.0
"""Of buffer and register files, in the set-up that the table is from."""

RUN_LENGTH = Format("run_length", (("run_bits", 5), ("pack_bits", 64)))

LINK_BITS, LINK_HZ = 64, 60e6
"""The width of the bus to the DRAM, by the text; the clock is that of the measurements."""

OUTPUTS_LIKE = {"conv3": "conv4", "conv4": "conv5", "conv5": "conv5"}
"""Layer -> the layer whose inputs have the zeros of its outputs: no pooling is between, or, of
CONV5, nothing is known."""

FITTED_ZEROS = {"conv1": 0.59, "conv2": 0.83}
"""Of outputs before pooling, which are not published: what table V's traffic implies."""

PADDING = {"conv1": 0, "conv2": 2, "conv3": 1, "conv4": 1, "conv5": 1}
"""Rows and columns of zeros on each side of AlexNet's feature maps."""


def fitted(*layers: str) -> tuple[str, ...]:
    """Return what is fitted in the time and traffic of layers."""
    return tuple(
        f"zeros of {name.upper()}'s outputs, {100 * FITTED_ZEROS[name]:g} %, from its traffic"
        for name in layers
        if name in FITTED_ZEROS
    )


TRAFFIC_NOTES = {
    "conv1": "not judged: zeros of its outputs, 59 %, are fitted, not validated",
    "conv2": "not judged: zeros of its outputs, 83 %, are fitted, not validated",
    "conv5": "zeros of its outputs are not published: assumed, as many as of its inputs",
}
IN_PART_FITTED = "in it the traffic of CONV1 and CONV2, with zeros fitted, not validated"
NOTHING_FITTED = (
    "not judged: the outputs of CONV1 and CONV2 are not compressed here, so none fitted"
)
NEARLY = "not judged: the text says 'nearly'"
LINK = (
    "no transfer hides behind compute: by the text none of feature maps does, but filters are "
    "preloaded"
)
OVER_CONV3 = (
    "not judged: CONV3's buffer traffic follows table III, 70.5 MB, where 50.2 MB were measured; "
    "the difference is 8 mW of ours"
)
PADDING_APART = (
    "zeros of table V taken as those of padded maps: padding is in a smaller share of "
    "multiplications than of words. For it: table III has padded maps; a zero gates whether it is "
    "padding or not; table V's total, 57.53 %, is the mean over what table III's mappings fetch "
    "with padding, 54.55 % without; the traffic of CONV3 and CONV4 agrees within 1 %, but lies 11 "
    "and 9 % low if the zeros are those of maps without padding. Against it: the paper does not "
    "say which maps it means"
)
NO_PADDING = (
    "not judged: zeros of table V taken as those of maps without padding, which its total and the "
    "traffic of CONV3 and CONV4 speak against"
)
STALLED = "not judged: our energy over the measured processing time, which has stalls"
READINGS = (
    "not judged: shows what table V's zeros are shares of, inputs and outputs alike (CONV5's "
    "outputs assumed to be as its inputs)"
)
TOTAL = "not judged: shows what table V's zeros are shares of; each layer by the inputs it fetches"
FROM_ELSEWHERE = (
    "not judged: zeros of its outputs, which table V does not have, are CNNergy's (github.com/"
    "manasiumn37/CNNergy, src/AlexNet_Main.m), which does not say of which images"
)


def with_zeros(layer: Layer, densities: dict[Role, float]) -> Layer:
    """Return a layer whose tensors have densities, by role."""
    tensors = (replace(t, density=densities.get(t.role, 1.0)) for t in layer.tensors)
    return replace(layer, tensors=tuple(tensors))


def gating_chip(saving: float) -> Architecture:
    """Return the chip whose PEs save a share of their energy where an input is zero."""
    arch, table = read_architecture("eyeriss"), read_technology(TABLE)
    access, mac = (energy_of(table, *it) for it in (("register_file", "read"), ("mac", "mac")))
    whole = mac + 4 * access  # a filter and an input read, a sum read and written
    left = 1 - saving * whole / (mac + access)
    glb = replace(arch.memory["glb"], leakage_mw=STATIC_MW)
    filters = replace(
        arch.memory["filter_spad"],
        gating={"Weights": frozenset({"Inputs"})},
        energy={"gated": left * access},
    )
    changed = {memory.name: memory for memory in (glb, filters)}
    memories = tuple(changed.get(memory.name, memory) for memory in arch.memories)
    multiplier = replace(arch.compute, gating=frozenset({"Inputs"}), energy={"gated": left * mac})
    nodes = (*arch.nodes[:-1], multiplier)
    return replace(arch, nodes=nodes, memories=memories, technology=TABLE)


def energy_of(table: EnergyTable, component: str, action: str) -> float:
    """Return a price that is there."""
    price = table.price(component, action)
    assert price is not None, f"{component}.{action}"
    return price.energy


def linked_chip(compressed: frozenset[Role]) -> Architecture:
    """Return the chip behind its link, with some roles compressed in the DRAM."""
    arch = read_architecture("eyeriss")
    dram = arch.memory["dram"]
    words = LINK_BITS * LINK_HZ / (dram.word_bits * arch.clock_hz)
    formats = dict.fromkeys(compressed, RUN_LENGTH)
    dram = replace(dram, formats=formats, shared_words_per_cycle=words, overlap=False)
    others = (memory for memory in arch.memories if memory.name != "dram")
    return replace(arch, memories=(dram, *others))


def power_mw(found: Evaluation) -> float:
    """Return the power of the chip, its DRAM left out, over its own time."""
    levels = found.energy.over("level")
    on_chip = sum(energy for level, energy in levels.items() if level != "dram") + found.leakage
    return on_chip * 1e-12 / found.seconds * 1e3


def dram_mb(found: Evaluation) -> float:
    """Return what passes the DRAM's port in MB of 10^6 bytes."""
    return sum(found.port_bits["dram"]) / 8e6


def powers(dense: dict[str, Evaluation], zeros: dict[str, float]) -> dict[str, float]:
    """Return the power of each layer in mW where a share of the multiplied inputs is zero."""
    saving = read_figures("eyeriss_jssc2017")["gating_saving_percent"]["pe"] / 100
    arch, table = gating_chip(saving), read_technology(TABLE)
    return {
        name: power_mw(
            evaluate(with_zeros(its.layer, {"Inputs": 1 - zeros[name]}), arch, its.mapping, table)
        )
        for name, its in dense.items()
    }


def inside(name: str, layer: Layer) -> tuple[float, float]:
    """Return the shares of a padded map's words, and of what is multiplied, that are no padding."""
    pad, words, products = PADDING[name], 1.0, 1.0
    [inputs] = [tensor for tensor in layer.tensors if tensor.role == "Inputs"]
    for rank in inputs.ranks:
        if len(rank.terms) == 2:
            (out, taps), stride = (
                (layer.bounds[t.dim] for t in rank.terms),
                rank.terms[0].coefficient,
            )
            extent = (out - 1) * stride + taps
            met = sum(pad <= p * stride + r < extent - pad for p in range(out) for r in range(taps))
            products *= met / (out * taps)
            words *= (extent - 2 * pad) / extent
    return words, products


def zeros_multiplied(name: str, layer: Layer, zeros: float) -> float:
    """Return the share of multiplications by a zero where a share of a padded map's words is zero.

    Words that are not zero lie inside of the padding; a multiplication meets one of those inside as
    often as any other.
    """
    words, products = inside(name, layer)
    return 1 - (1 - zeros) / words * products


def transferred(its: Evaluation, inputs: float | None, outputs: float | None) -> Evaluation:
    """Return a layer behind the link, its feature maps compressed by their shares of zeros.

    What has None is not compressed.
    """
    shares: dict[Role, float | None] = {"Inputs": inputs, "Outputs": outputs}
    zeros = {role: share for role, share in shares.items() if share is not None}
    layer = with_zeros(its.layer, {role: 1 - share for role, share in zeros.items()})
    return evaluate(layer, linked_chip(frozenset(zeros)), its.mapping, its.prices.table)


def cases() -> Iterator[Case]:
    """Yield power and its order, total time, DRAM traffic and its reduction, readings of zeros."""
    figures = read_figures("eyeriss_jssc2017")
    dense = {name: mapped(name) for name in LAYERS}
    zeros = {name: figures["input_zeros_percent"][name] / 100 for name in LAYERS}
    multiplied = {name: zeros_multiplied(name, dense[name].layer, zeros[name]) for name in LAYERS}
    figure = figures["power_mw"]
    yield from power_cases(figure, "", powers(dense, zeros), OVER_CONV3)
    yield from power_cases(figure, ", padding apart", powers(dense, multiplied), "", PADDING_APART)
    yield from traffic_cases(figures, dense, zeros)
    yield from reading_cases(figures, dense, zeros)
    yield from elsewhere_cases(figures, dense, zeros)


def traffic_cases(
    figures: dict[str, Figure], dense: dict[str, Evaluation], zeros: dict[str, float]
) -> Iterator[Case]:
    """Yield total time, compressed DRAM traffic, and how much less it is than without reuse."""
    known = {name: zeros[like] for name, like in OUTPUTS_LIKE.items()}
    maps = {name: None if name == "conv1" else zeros[name] for name in LAYERS}  # not the image
    sent, unfitted = (
        {name: transferred(dense[name], maps[name], outputs.get(name)) for name in LAYERS}
        for outputs in ({**FITTED_ZEROS, **known}, known)
    )
    figure = figures["total_ms"]
    for name, found in sent.items():
        ours, theirs = found.seconds * 1e3, figure[name]
        case = figure.case("total time", name, ours, theirs, within(theirs, 0.2), LINK)
        yield replace(case, fitted=fitted(name))
    group = "total time, nothing fitted"
    for name in FITTED_ZEROS:
        ours = unfitted[name].seconds * 1e3
        yield figure.case(group, name, ours, figure[name], None, f"{NOTHING_FITTED}; {LINK}")
    figure = figures["dram_compressed_mb"]
    for name, found in sent.items():
        ours, theirs, note = dram_mb(found), figure[name], TRAFFIC_NOTES.get(name, "")
        tolerance = None if name in FITTED_ZEROS else within(theirs, 0.12)
        case = figure.case("DRAM traffic, compressed", name, ours, theirs, tolerance, note)
        yield replace(case, fitted=fitted(name))
    figure = figures["traffic_saved_percent"]
    for name in ("conv1", "conv5"):
        words = dense[name].traffic.by("level", "tensor", "action")
        maps_mb = 2e-6 * sum(
            words["dram", tensor, action]
            for tensor in ("Inputs", "Outputs")
            for action in ("read", "update")
        )
        saved = 100 * (2e-6 * dram_words(dense[name]) - dram_mb(sent[name])) / maps_mb
        note = f"{NEARLY}; {TRAFFIC_NOTES['conv5']}" if name == "conv5" else NEARLY
        group = "traffic of feature maps saved by compression"
        case = figure.case(group, name, saved, figure[name], None, note)
        yield replace(case, fitted=fitted(name))

    figure, group = figures["fewer_accesses"], "fewer DRAM accesses than four per operation"
    per_operation, theirs = 4 * sum(its.operations for its in dense.values()), figure["dram"]
    compressed, without = (
        per_operation / (sum(map(dram_mb, them.values())) * 1e6 / 2) for them in (sent, unfitted)
    )
    allowed = between(1250, 1500)
    case = figure.case(group, "compressed", compressed, theirs, allowed, IN_PART_FITTED)
    yield replace(case, fitted=fitted(*FITTED_ZEROS))
    yield figure.case(group, "compressed, nothing fitted", without, theirs, None, NOTHING_FITTED)
    figure = figures["fewer_accesses_uncompressed"]
    ours, theirs = per_operation / sum(map(dram_words, dense.values())), figure["dram"]
    yield figure.case(group, "uncompressed", ours, theirs, between(900, 950))


def reading_cases(
    figures: dict[str, Figure], dense: dict[str, Evaluation], zeros: dict[str, float]
) -> Iterator[Case]:
    """Yield what follows if table V's zeros are those of padded maps, and if they are not."""
    shares = {name: inside(name, its.layer) for name, its in dense.items()}
    if_padded = {name: 1 - (1 - zeros[name]) / shares[name][0] for name in LAYERS}
    figure = figures["dram_compressed_mb"]
    for which, within_maps in (("padded maps", if_padded), ("maps without padding", zeros)):
        group = f"DRAM traffic, compressed, zeros of {which}"
        for name, like in OUTPUTS_LIKE.items():
            with_padding = 1 - (1 - within_maps[name]) * shares[name][0]
            ours = dram_mb(transferred(dense[name], with_padding, within_maps[like]))
            yield figure.case(group, name, ours, figure[name], None, READINGS)

    figure, took = figures["power_mw"], figures["processing_ms"]
    no_padding = powers(dense, {n: 1 - (1 - zeros[n]) * shares[n][1] for n in LAYERS})
    apart = powers(dense, {n: zeros_multiplied(n, dense[n].layer, zeros[n]) for n in LAYERS})
    stalled = {
        name: (power - STATIC_MW) * dense[name].seconds * 1e3 / took[name] + STATIC_MW
        for name, power in apart.items()
    }
    theirs = figure["conv2"] / figure["conv3"]
    for how, ours_mw, note in (
        ("zeros of maps without padding", no_padding, NO_PADDING),
        ("padding apart, measured time", stalled, STALLED),
    ):
        group = f"power of one layer over another's, {how}"
        ratio = ours_mw["conv2"] / ours_mw["conv3"]
        yield figure.case(group, "conv2 / conv3", ratio, theirs, None, note, unit="x")


def elsewhere_cases(
    figures: dict[str, Figure], dense: dict[str, Evaluation], zeros: dict[str, float]
) -> Iterator[Case]:
    """Yield what table V's total, and zeros that others have, say of the two readings."""
    shares = {name: inside(name, its.layer)[0] for name, its in dense.items()}
    figure, others = figures["all_input_zeros_percent"], read_figures("alexnet_zeros")
    fetched = {
        name: its.traffic.by("level", "tensor", "action")["dram", "Inputs", "read"]
        for name, its in dense.items()
    }
    without = {name: words * shares[name] for name, words in fetched.items()}
    for which, words in (("padded maps", fetched), ("maps without padding", without)):
        mean = sum(words[name] * zeros[name] for name in LAYERS) / sum(words.values())
        group, all_layers = f"zeros of inputs, {which}", "all layers"
        yield figure.case(group, all_layers, 100 * mean, figure[all_layers], None, TOTAL)

    figure = others["timeloop_inputs_percent"]
    for name in LAYERS[1:]:
        ours = 100 * (1 - (1 - zeros[name]) / shares[name])
        note = (
            f"not judged: weights pruned, images not said; {100 * zeros[name]:g} % if table V's "
            "zeros are those of maps without padding"
        )
        group = "zeros of inputs without padding, if table V's are of padded maps"
        yield figure.case(group, name, ours, figure[name], None, note)

    figure, outputs = figures["dram_compressed_mb"], others["cnnergy_outputs_percent"]
    if_not = {name: 1 - (1 - zeros[name]) * shares[name] for name in ("conv2", "conv5")}
    for which, maps in (
        ("padded maps", {"conv1": None, "conv2": zeros["conv2"], "conv5": zeros["conv5"]}),
        ("maps without padding", if_not),
    ):
        for name, share in maps.items():
            ours = dram_mb(transferred(dense[name], share, outputs[name] / 100))
            group = f"DRAM traffic, compressed, zeros of {which}, outputs from elsewhere"
            yield figure.case(group, name, ours, figure[name], None, FROM_ELSEWHERE)


def power_cases(
    figure: Figure, how: str, ours: dict[str, float], over_conv3: str, note: str = ""
) -> Iterator[Case]:
    """Yield the power of each layer, and which is higher.

    ``over_conv3`` says why CONV2 over CONV3 is not judged, if it is not.
    """
    for name in LAYERS:
        theirs = figure[name]
        yield figure.case(f"power{how}", name, ours[name], theirs, times(theirs, 0.6, 1.2), note)
    for high, lows in (("conv1", LAYERS[1:]), ("conv2", LAYERS[2:])):
        for low in lows:
            shown = over_conv3 if (high, low) == ("conv2", "conv3") else ""
            yield figure.case(
                f"power of one layer over another's{how}",
                f"{high} / {low}",
                ours[high] / ours[low],
                figure[high] / figure[low],
                None if shown else at_least(1),
                shown or note,
                unit="x",
            )


STUDY = Study(
    name="eyeriss_silicon",
    title="The Eyeriss chip: power, total time and compressed DRAM traffic",
    source=(
        'Chen, Krishna, Emer, Sze, "Eyeriss: An Energy-Efficient Reconfigurable Accelerator for '
        'Deep Convolutional Neural Networks", IEEE JSSC 52(1), 2017, table V'
    ),
    parts=(cases,),
)
