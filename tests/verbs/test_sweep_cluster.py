"""Sweeps on workers of Dask: the same bytes, wherever the specs lie and whatever is lost."""

from __future__ import annotations

import pickle
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

import accelsim as acs
from accelsim.explore.records import DONE, IMPOSSIBLE
from accelsim.explore.run import SweepProgress, Task
from accelsim.mapper.contract import never
from accelsim.verbs.sweep import laid_out
from accelsim.verbs.sweep_executor import carried
from tests.explore.dask_commands import ROOT, commands
from tests.interchange.test_timeloop_constraints import TREE, written
from tests.interchange.timeloop_hostile import PROBLEM

SMALL = ("tests/small/machine.yaml", "tests/small/layer.yaml")
TABLE = "tests/small/table.yaml"


def exported(result: Any, file: Path) -> bytes:
    result.export(file)
    return file.read_bytes()


def test_a_cluster_here_finds_the_same_bytes(tmp_path: Path) -> None:
    parameters = ["array.mesh_x=0:4:+1", "buffer.size=2 words,8 words"]
    found = [
        acs.sweep(
            *SMALL, technology=TABLE, parameters=parameters, store=tmp_path / f"{name}.db", **how
        )
        for name, how in (
            ("alone", {"executor": "in-process"}),
            ("dask", {"executor": "dask", "workers": 1}),
        )
    ]
    alone, dask = (exported(its, tmp_path / "points.csv") for its in found)
    assert dask == alone
    assert found[1].counts() == {"done": 4, "impossible": 6, "failed": 0}


@pytest.mark.parametrize(
    "limits",
    [
        "{target: 0, type: temporal, factors: [M=1, N=1, K=1]}",  # the innermost, if one knows it
        "{target: RF, type: bypass, bypass: [B]}",
    ],
)
def test_timeloops_constraints_speak_of_the_machine_of_a_point(tmp_path: Path, limits: str) -> None:
    files = written(tmp_path, arch=TREE, problem=PROBLEM, limits=f"constraints: [{limits}]")
    what = [files["arch"], files["problem"]]
    laid = [laid_out(what, [], flows, None, None, [], acs.Search())
            for flows in ([], [files["limits"]])]  # fmt: skip
    point = Task("", laid[0][1].point([0, 0, 0]))
    here = [bench.measure(point, never) for bench, _ in laid]
    works = [pickle.dumps(carried(bench, space)) for bench, space in laid]
    for file in files.values():
        file.unlink()
    there = [pickle.loads(work)(point, never) for work in works]
    energies = [[its.figures["energy"] for its in found if its] for found in (here, there)]
    assert energies[0] == energies[1]
    assert energies[0][0] < energies[0][1], "what is asked for costs something"


@pytest.mark.full
def test_specs_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in another folder, none of whose words name a file there; and one more of each."""
    onnx = pytest.importorskip("onnx")
    here = tmp_path / "here"
    shutil.copytree(ROOT / "tests" / "small", here)
    monkeypatch.chdir(here)
    helper = onnx.helper
    one = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")
    ]
    weights = helper.make_tensor("w", onnx.TensorProto.FLOAT, [4, 4], [1.0] * 16)
    node = helper.make_node("MatMul", ["x", "w"], ["y"], name="product")
    graph = helper.make_graph([node], "small", one[:1], one[1:], [weights])
    onnx.save(helper.make_model(graph), "model.onnx")
    small: dict[str, Any] = {"technology": "table.yaml"}
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        (("eyeriss_shared", "alexnet:fc8"), {"parameters": ["technology=eyeriss-relative,none"]}),
        (
            ("machine.yaml", "layer.yaml"),
            {**small, "dataflows": ["inputs.yaml"], "parameters": ["fc.M=2,4"]},
        ),
        (("machine.yaml", "model.onnx:n=3"), {**small, "parameters": ["array.mesh_x=1,2"]}),
        (("eyeriss_shared", "alexnet:fc8,batch=2"), {"parameters": ["glb.size=64KiB,108KiB"]}),
        ((acs.load("machine.yaml"), "layer.yaml"), small),
    ]
    statuses = set[str]()
    with commands(tmp_path / "there") as cluster:
        cluster.scheduler()
        cluster.worker()
        for number, (what, more) in enumerate(calls):
            found = [
                acs.sweep(*what, store=f"{number}-{name}.db", executor=executor, **more)
                for name, executor in (("alone", "in-process"), ("dask", cluster.executor))
            ]
            alone, dask = (exported(its, Path("points.json")) for its in found)
            assert dask == alone, what
            statuses |= {row.status for row in found[1]}
        assert statuses == {DONE, IMPOSSIBLE}
        # The same words, with other contents, are another sweep to the workers that knew them.
        text = Path("layer.yaml").read_text(encoding="utf-8").replace("C: 2", "C: 4")
        Path("layer.yaml").write_text(text, encoding="utf-8")
        what = ("machine.yaml", "layer.yaml")
        (row,) = acs.sweep(*what, store="again.db", executor=cluster.executor, **small)
        run = acs.run(*what, **small)
        assert row.figures["energy"] == run.total.energy_total


@pytest.mark.full
def test_workers_are_killed_at_random_moments(tmp_path: Path) -> None:
    parameters = ["array.mesh_x=1:1500:+1"]
    rng = random.Random(3)
    moments = sorted(rng.sample(range(1400), 6))
    killed = list[int]()
    with commands(tmp_path / "there") as cluster:
        cluster.scheduler()
        workers = [cluster.worker("--no-nanny") for _ in range(2)]

        def kill(progress: SweepProgress) -> None:
            if len(killed) < len(moments) and progress.computed > moments[len(killed)]:
                doomed = workers.pop(rng.randrange(len(workers)))
                doomed.kill()
                killed.append(doomed.pid)
                workers.append(cluster.worker("--no-nanny"))

        dask = acs.sweep(
            *SMALL,
            technology=TABLE,
            parameters=parameters,
            store=tmp_path / "dask.db",
            executor=cluster.executor,
            progress=kill,
        )
    assert len(killed) == len(moments)
    assert dask.counts() == {"done": 1500, "impossible": 0, "failed": 0}
    alone = acs.sweep(
        *SMALL,
        technology=TABLE,
        parameters=parameters,
        store=tmp_path / "a.db",
        executor="in-process",
    )
    assert exported(dask, tmp_path / "d.csv") == exported(alone, tmp_path / "a.csv")
