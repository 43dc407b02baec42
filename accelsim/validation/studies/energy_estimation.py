"""SqueezeNet beside AlexNet in the estimation mode: far fewer weights, and more energy."""

from __future__ import annotations

from collections.abc import Iterator

from accelsim.arch.spec import read_architecture
from accelsim.evaluation.prices import DEFAULT_ACCOUNTING
from accelsim.mapper.contract import Budget
from accelsim.mapper.drivers import driver_named
from accelsim.mapper.objectives import objective_named
from accelsim.mapper.results_cache import users_cache
from accelsim.network.estimate import NetworkEstimate, estimate_network
from accelsim.network.plan import Plan
from accelsim.network.run import run_network
from accelsim.technology.spec import read_technology
from accelsim.validation.published import read_figures
from accelsim.validation.records import Case, Study, at_least, within
from accelsim.workload.records import without_graph
from accelsim.workload.spec import read_workload

BATCHES = (1, 4, 16, 48)

AMORTISED = 16
"""The least batch that is judged: weights of AlexNet's last layers are fetched once for it.

The threshold is ours: the paper does not say how many images its ratio is for.
"""

ASSUMED = (
    "convolutions and FC layers, no zeros, 16 bits; each layer's best mapping on the Eyeriss chip "
    "at the prices of the ISCA 2016 study; the published number counts the zeros of both networks"
)
FEW_IMAGES = (
    f"not judged: {ASSUMED}; for so few images, fetching the weights of AlexNet's FC layers costs "
    "more than anything else"
)


def estimated(network: str, batch: int) -> NetworkEstimate:
    """Estimate the layers of a network that multiply and accumulate, without any zeros."""
    arch = read_architecture("eyeriss")
    whole = read_workload(f"{network}:batch={batch}")
    layers = tuple(layer for layer in whole.layers if layer.op == "mac")
    plan = Plan(
        label=network,
        arch=arch,
        table=read_technology(arch.technology),
        accounting=DEFAULT_ACCOUNTING,
        dataflows=(),
        objective=objective_named("energy"),
        budget=Budget(),
        driver=driver_named("auto"),
    )
    found = run_network(without_graph(whole, layers), plan, cache=users_cache())
    assert found.complete, f"{network}: a layer has no mapping on {arch.name}"
    return estimate_network(found)


def cases() -> Iterator[Case]:
    """Yield the ratio of weights, then that of energies at growing batches."""
    figures = read_figures("squeezenet")
    figure = figures["fewer_weights"]
    weights = [read_workload(name).weights for name in ("alexnet", "squeezenet")]
    ours, theirs = weights[0] / weights[1], figure["weights"]
    yield figure.case("AlexNet over SqueezeNet", "weights", ours, theirs, within(theirs, 0.05))
    figure = figures["energy_over_alexnet"]
    theirs = figure["energy"]
    for batch in BATCHES:
        alexnet, squeezenet = (estimated(name, batch) for name in ("alexnet", "squeezenet"))
        judged = batch >= AMORTISED
        yield figure.case(
            "SqueezeNet over AlexNet",
            f"energy, batch {batch}",
            squeezenet.total / alexnet.total,
            theirs,
            at_least(1) if judged else None,
            ASSUMED if judged else FEW_IMAGES,
        )


STUDY = Study(
    name="energy_estimation",
    title="SqueezeNet and AlexNet by the energy-estimation method",
    source=(
        "Yang, Chen, Sze, CVPR 2017, as restated in accelsim.network.estimate (accelsim estimate "
        "alexnet:batch=48 squeezenet:batch=48)"
    ),
    parts=(cases,),
)
