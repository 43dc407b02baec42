"""Names, parameters after a colon, and ``--set``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accelsim import shipped
from accelsim.arch.records import Architecture
from accelsim.arch.spec import knows_path as machine_knows
from accelsim.arch.spec import read_architecture
from accelsim.errors import SpecError
from accelsim.mapspace.spec import read_dataflow
from accelsim.report.messages import render_all
from accelsim.specs.references import Reference, open_spec, parse_reference
from accelsim.study import read_study
from accelsim.technology.spec import read_accounting, read_technology
from accelsim.workload.records import Network
from accelsim.workload.spec import knows_path, read_workload
from tests.specs import sound


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(sound.ARCHITECTURE, encoding="utf-8")
    Path("small.yaml").write_text(sound.WORKLOAD, encoding="utf-8")
    Path("pairs.yaml").write_text(sound.STUDY, encoding="utf-8")


def machine(*settings: str, name: str = "tiny.yaml") -> Architecture:
    return read_architecture(name, settings)


def network(*settings: str, name: str = "small.yaml") -> Network:
    return read_workload(name, settings)


def said(call: Callable[[], object]) -> str:
    with pytest.raises(SpecError) as caught:
        call()
    return render_all(caught.value.problems)


# --- references -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name", "patterns", "parameters"),
    [
        ("eyeriss", "eyeriss", (), ()),
        ("eyeriss:pes=256", "eyeriss", (), (("pes", "256"),)),
        ("alexnet:conv3", "alexnet", ("conv3",), ()),
        ("alexnet:conv*, fc7 ,batch = 16", "alexnet", ("conv*", "fc7"), (("batch", "16"),)),
        ("resnet18:layer1.0.conv1", "resnet18", ("layer1.0.conv1",), ()),
        ("a/b.yaml", "a/b.yaml", (), ()),
        ("a/b.yaml:conv1", "a/b.yaml", ("conv1",), ()),
        ("C:/b.yml:batch=2", "C:/b.yml", (), (("batch", "2"),)),
        ("alexnet:", "alexnet", (), ()),
    ],
)
def test_references(
    words: str, name: str, patterns: tuple[str, ...], parameters: tuple[tuple[str, str], ...]
) -> None:
    assert parse_reference(words) == Reference(name, patterns, parameters, words)


def test_a_file_whose_name_has_a_colon_is_found() -> None:
    Path("a:b.yaml").write_text(sound.WORKLOAD, encoding="utf-8")
    Path("dir").mkdir()
    Path("dir/a:b").write_text(sound.WORKLOAD, encoding="utf-8")
    assert network(name="./a:b.yaml").name == "small"
    assert network(name="dir/a:b").name == "small"


def test_parameters_and_layers_after_a_colon() -> None:
    chosen = network(name="small.yaml:conv*,scores,batch=16")
    assert [layer.name for layer in chosen.layers] == ["conv1", "scores"]
    assert chosen.layers[0].bounds["N"] == 16
    assert chosen.parameters == (("batch", 16),)
    assert machine(name="tiny.yaml:pes=24").fanouts[0].mesh_x == 8
    rows = read_study("pairs.yaml:pes=512").rows
    assert [row.architecture for row in rows] == ["rs_512", "ws_512"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "small.yaml:cnv1",
            (
                "small.yaml:cnv1: no layer 'cnv1' in small; expected one of conv1, fc7, scores;"
                " did you mean 'conv1'?"
            ),
        ),
        (
            "small.yaml:bach=2",
            "small.yaml:bach=2: unknown parameter 'bach'; expected 'batch'",
        ),
        (
            "small.yaml:batch=two",
            "small.yaml:batch=two: parameter 'batch': 'two' is neither a number nor a parameter",
        ),
    ],
)
def test_what_is_wrong_after_the_colon_of_a_workload(name: str, message: str) -> None:
    assert said(lambda: network(name=name)) == message


def test_a_parameter_may_be_0_and_the_bound_that_it_becomes_may_not() -> None:
    said_of_it = "'N' is 0, from the parameter 'batch'; expected a whole number from 1 to 2^40"
    assert said(lambda: network(name="small.yaml:batch=0")) == f"small.yaml:batch=0: {said_of_it}"
    assert said(lambda: network("batch=0")) == f"--set batch=0: {said_of_it}"


def test_a_parameter_of_a_file_is_refused_where_it_is_used_first() -> None:
    text = sound.WORKLOAD.replace("{batch: 1}", "{batch: 0}")
    Path("zero.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        network(name="zero.yaml")
    (problem,) = caught.value.problems
    assert str(problem) == (
        "zero.yaml:6:33: 'N' is 0, from the parameter 'batch'; expected a whole number from 1 to"
        " 2^40"
    )


def test_what_is_wrong_after_the_colon_of_a_machine() -> None:
    assert said(lambda: machine(name="tiny.yaml:glb")) == (
        "tiny.yaml:glb: 'glb' does not set a parameter; expected NAME=VALUE after the colon,"
        " NAME being 'pes'"
    )
    assert said(lambda: machine(name="tiny.yaml:24")) == (
        "tiny.yaml:24: '24' does not set a parameter; expected NAME=VALUE after the colon,"
        " NAME being 'pes'; did you mean 'tiny.yaml:pes=24'?"
    )
    assert said(lambda: machine(name="tiny.yaml:pes=7")) == (
        "tiny.yaml:18:11: 'pes/3' is not whole: 7/3 leaves a remainder\n"
        "   18 |   mesh_x: pes/3\n"
        "                  ^^^^^"
    )


def test_what_follows_the_colon_of_a_study_is_never_dropped() -> None:
    assert said(lambda: read_study("isca2016:512")) == (
        "isca2016:512: '512' does not set a parameter; expected NAME=VALUE after the colon,"
        " NAME being 'pes'; did you mean 'isca2016:pes=512'?"
    )


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (read_dataflow, "rs:foo"),
        (read_technology, "eyeriss-relative:foo"),
        (read_accounting, "isca2016:foo"),
    ],
)
def test_what_follows_the_colon_of_other_specs_is_never_dropped(
    read: Callable[[str], object], words: str
) -> None:
    assert said(lambda: read(words)) == (
        f"{words}: 'foo' does not set a parameter;"
        " expected nothing after the colon: it has no parameters"
    )


# --- settings -------------------------------------------------------------------------------------


def test_settings_of_a_machine() -> None:
    changed = machine(
        "glb.size=32KiB",
        "array.mesh_x=8",
        "clock=100MHz",
        "filter_spad.size=8 words",
        "spads.input_spad.energy.read=1.5",
        "dram.shared_bandwidth=4 words/cycle",
        "glb.may_keep=[Weights]",
        "mac.ops_per_cycle=2",
        "technology=nn-dataflow-65nm",
    )
    memory = changed.memory
    assert memory["glb"].size_bits == 32 * 8192
    assert changed.fanouts[0].mesh_x == 8
    assert changed.clock_hz == 1e8
    assert memory["filter_spad"].size_bits == 128
    assert memory["input_spad"].energy == {"read": 1.5}
    assert memory["dram"].shared_words_per_cycle == 4
    assert changed.places[1].holdings[0].may_keep == {"Weights"}
    assert changed.compute.ops_per_cycle == 2
    assert changed.technology == "nn-dataflow-65nm"


def test_the_later_setting_wins() -> None:
    assert machine("glb.size=1KiB", "glb.size=2KiB").memory["glb"].size_bits == 2 * 8192


def test_a_setting_may_name_several_levels() -> None:
    sizes = {
        name: memory.size_bits for name, memory in machine("*_spad.size=6 words").memory.items()
    }
    assert sizes == {"dram": None, "glb": 64 * 8192, "filter_spad": 96, "input_spad": 96}


def test_a_setting_of_a_parameter() -> None:
    assert machine("pes=24").fanouts[0].mesh_x == 8
    assert machine("parameters.pes=24").fanouts[0].mesh_x == 8
    assert network("batch=4").layers[0].bounds["N"] == 4


def test_settings_of_a_workload() -> None:
    changed = network(
        "conv*.bits.weights=8", "fc7.M=1000", "fc7.density.inputs=0.5", "bits.inputs=4"
    )
    conv, fc, scores = changed.layers
    assert {tensor.name: tensor.bits for tensor in conv.tensors} == {
        "Weights": 8,
        "Inputs": 4,
        "Outputs": 16,
    }
    assert fc.bounds["M"] == 1000
    assert [tensor.density for tensor in fc.tensors] == [1.0, 0.5, 1.0]
    assert [tensor.bits for tensor in scores.tensors] == [4, 16, 16]


def test_a_setting_changes_one_use_of_a_shared_value() -> None:
    text = sound.WORKLOAD.replace("bits: {weights: 8}", "bits: &b {weights: 8}").replace(
        "  shape: einsum\n", "  shape: einsum\n  bits: *b\n"
    )
    Path("shared.yaml").write_text(text, encoding="utf-8")
    _, fc, scores = network("fc7.bits.weights=4", name="shared.yaml").layers
    assert (fc.tensors[0].bits, scores.tensors[1].bits) == (4, 8)


def test_names_of_layers_may_have_dots() -> None:
    text = sound.WORKLOAD.replace("name: conv1", "name: layer1.0.conv1")
    Path("dots.yaml").write_text(text, encoding="utf-8")
    assert network("layer1.0.conv1.M=4", name="dots.yaml").layers[0].bounds["M"] == 4
    assert network("layer1*.M=4", name="dots.yaml").layers[0].bounds["M"] == 4


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "glb.sise=64KiB",
            (
                "unknown key 'sise' in memory 'glb'; expected one of memory, places, component,"
                " size, word, block, widths, packing, format, densities, gating, skipping,"
                " buffering, read_bandwidth, write_bandwidth,"
                " shared_bandwidth, ports, overlap, energy, leakage, gates_unused, area, keep,"
                " may_keep, source, assumed; did you mean 'size'?"
            ),
        ),
        (
            "gbl.size=64KiB",
            (
                "no level 'gbl'; expected one of dram, glb, array, spads, filter_spad,"
                " input_spad, mac; did you mean 'glb'?"
            ),
        ),
        (
            "clokc=1Hz",
            (
                "no level, parameter or key 'clokc'; expected one of dram, glb, array, spads,"
                " filter_spad, input_spad, mac, pes, name, title, source, assumed, technology,"
                " clock, word, parameters, assumptions, constraints, search_constraints; did you"
                " mean 'clock'?"
            ),
        ),
        (
            "glb.size=64",
            (
                "'64' has no unit; expected a size in one of b, B, kB, MB, GB, KiB, MiB, GiB,"
                " words, as in '64 KiB'"
            ),
        ),
        (
            "glb.size=1 b",
            "memory 'glb' is smaller than a word: 1 b < 16 b; 0 B if the memory is absent",
        ),
        (
            "glb.keep=[Wieghts]",
            "unknown tensor 'Wieghts' in keep; {roles}; did you mean 'Weights'?",
        ),
        ("glb=3", "'glb' names a level, not a value; expected glb.KEY=VALUE"),
        ("pes=many", "'pes' must be a whole number, not 'many'"),
        ("glb.size", "not a setting; expected PATH=VALUE, as glb.size=64KiB"),
        ("=3", "not a setting; expected PATH=VALUE, as glb.size=64KiB"),
        (
            "glb.size=[",
            "not valid YAML: while parsing a flow node did not find expected node content",
        ),
        (
            "glb.size=!!python/name:os.system x",
            "tag '!!python/name:os.system' is not allowed; {plain}",
        ),
    ],
)
def test_settings_that_are_wrong(setting: str, message: str) -> None:
    expected = message.format(
        roles="expected one of Weights, Inputs, Outputs", plain="a spec is plain YAML"
    )
    assert said(lambda: machine(setting)) == f"--set {setting}: {expected}"


def test_settings_of_a_workload_that_are_wrong() -> None:
    assert said(
        lambda: network("cnv1.M=3", "fc7.K=2", "bach=3", "fc7.bits.wieghts=1")
    ) == "\n".join(
        [
            (
                "--set cnv1.M=3: no layer 'cnv1'; expected one of conv1, fc7, scores;"
                " did you mean 'conv1'?"
            ),
            (
                "--set bach=3: no parameter or key 'bach'; expected one of batch, name, title,"
                " source, assumed, parameters, assumptions, bits, stay_on_chip; did you mean"
                " 'batch'?"
            ),
            "--set fc7.K=2: shape 'fc' has no dim 'K'; expected one of N, M, C",
        ]
    )
    assert said(lambda: network("fc7.bits.wieghts=1")) == (
        "--set fc7.bits.wieghts=1: unknown tensor 'wieghts' in bits; expected one of weights,"
        " inputs, outputs, Weights, Inputs, Outputs; did you mean 'weights'?"
    )


def network_knows(name: str, path: str) -> bool:
    return knows_path(open_spec("workload", parse_reference(name)), path)


def test_a_verb_can_ask_whom_a_setting_is_for() -> None:
    assert machine_knows("tiny.yaml", "glb.size")
    assert machine_knows("tiny.yaml", "clock")
    assert not machine_knows("tiny.yaml", "conv1.M")
    assert network_knows("small.yaml", "conv*.bits.weights")
    assert network_knows("small.yaml", "*.bits.weights")
    assert not machine_knows("tiny.yaml", "*.bits.weights")
    assert not network_knows("small.yaml", "*.size")
    assert machine_knows("tiny.yaml", "*.size")
    assert machine_knows("tiny.yaml", "array.bits")  # by name, to say which keys there are
    assert network_knows("small.yaml", "batch")
    assert not network_knows("small.yaml", "glb.size")


# --- what is shipped ------------------------------------------------------------------------------


def test_shipped_names_are_found_from_any_directory() -> None:
    assert shipped.find("architecture", "eyeriss").name == "eyeriss.yaml"
    assert "alexnet" in shipped.names("workload")
    assert shipped.kinds("alexnet") == ("workload",)
    assert read_architecture("eyeriss").name == "eyeriss"


def test_shipped_specs_in_a_wheel_lie_inside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("site/accelsim/data/workloads/sub").mkdir(parents=True)
    Path("site/accelsim/data/workloads/sub/mine.yaml").write_text(sound.WORKLOAD, encoding="utf-8")
    monkeypatch.setattr(shipped, "_PACKAGE", Path("site/accelsim"))
    shipped._files.cache_clear()
    try:
        assert shipped.names("workload") == ("mine",)
        assert shipped.find("workload", "mine") == Path(
            "site/accelsim/data/workloads/sub/mine.yaml"
        )
    finally:
        shipped._files.cache_clear()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("alexnte", "no workload 'alexnte'; did you mean 'alexnet'? (accelsim list workloads)"),
        (
            "eyeriss",
            (
                "no workload 'eyeriss'; 'eyeriss' is shipped as an architecture"
                " (accelsim list workloads)"
            ),
        ),
        ("qqqqqqqq", "no workload 'qqqqqqqq' (accelsim list workloads)"),
        ("notes", "no workload 'notes'; for the file, write './notes' (accelsim list workloads)"),
        ("", "no workload '' (accelsim list workloads)"),
        ("none/such.yaml", "none/such.yaml: cannot be read: no such file or directory"),
    ],
)
def test_names_that_nothing_has(name: str, message: str) -> None:
    Path("notes").write_text("", encoding="utf-8")
    assert said(lambda: read_workload(name)) == message
