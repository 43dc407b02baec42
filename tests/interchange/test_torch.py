"""PyTorch modules: counts by hand, and by torch's own counter of operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import accelsim as acs
from accelsim.cli import guarded
from accelsim.errors import SpecError, UsageError
from accelsim.workload.records import Edge, Layer, Network

torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
flop_counter = pytest.importorskip("torch.utils.flop_counter", reason="needs the extra 'torch'")

pytestmark = pytest.mark.filterwarnings("default")

Imports = Callable[..., Network]

MODULES = """
import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding="same", groups=2, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        first = torch.relu(self.bn1(self.conv1(x)))
        both = self.conv2(first) + first
        return self.fc(self.mean(self.up(self.pool(both))).flatten(1) * 0.5)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 3, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0].softmax(-1)


class Odd(nn.Module):
    def forward(self, x):
        return torch.linalg.inv(x).relu().tanh()


class Branches(nn.Module):
    def forward(self, x):
        return x.relu() if x.sum() > 0 else x


def residual():
    return Residual(), (torch.empty(2, 3, 32, 32),)


def transformer():
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 2), (torch.empty(2, 10, 64),)


def recurrent():
    return Recurrent(), (torch.empty(2, 7, 5),)


def volumes():
    return nn.Conv3d(3, 7, (3, 3, 5), stride=(1, 2, 2)), (torch.empty(2, 3, 6, 10, 12),)


def odd():
    return Odd(), (torch.empty(4, 4),)


def branches():
    return Branches(), (torch.empty(4),)


def nothing():
    return 7


def weights_from_nowhere():
    return nn.Linear(2, 3).load_state_dict({}), ()
"""


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Imports:
    """Return a function that imports what a callable of a module in this folder returns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_users_nets.py").write_text(MODULES, encoding="utf-8")
    monkeypatch.delitem(__import__("sys").modules, "a_users_nets", raising=False)
    return lambda name: acs.import_("torch", f"a_users_nets:{name}").network


def layers(network: Network) -> dict[str, Layer]:
    return {layer.name: layer for layer in network.layers}


def flops(name: str) -> int:
    """Count operations as torch does when it runs a module, on the meta device."""
    scope: dict[str, Any] = {}
    exec(MODULES, scope)
    with torch.device("meta"), torch.no_grad():
        module, inputs = scope[name]()
        # Not the fused encoder layer, whose operations torch does not count.
        torch.backends.mha.set_fastpath_enabled(False)
        with flop_counter.FlopCounterMode(display=False) as counter:
            module.eval()(*inputs)
    torch.backends.mha.set_fastpath_enabled(True)
    return int(counter.get_total_flops())


@pytest.mark.parametrize("name", ["residual", "transformer", "volumes"])
def test_macs_are_half_of_what_torch_counts(imports: Imports, name: str) -> None:
    assert 2 * imports(name).macs == flops(name)


def test_a_residual_network(imports: Imports) -> None:
    """Layers are called as modules are; what is no module by that of the operator."""
    network = imports("residual")
    found = layers(network)
    assert list(found) == ["conv1", "conv2", "add", "pool", "up", "mean", "fc"]
    assert found["conv1"].operations == 2 * 8 * 3 * 16 * 16 * 9
    assert found["conv2"].operations == 2 * 8 * 4 * 16 * 16 * 9
    assert found["up"].operations == 2 * 4 * 8 * 16 * 16
    assert found["fc"].operations == 2 * 10 * 4
    assert Edge("conv1", "add", "Inputs2") in network.edges
    assert "as part of the layer before: 1 BatchNormalization, 1 Relu, 1 Mul" in " ".join(
        network.assumptions
    )


def test_a_transformer(imports: Imports) -> None:
    """Two layers on 2 sequences of 10 tokens: 4 heads of 16."""
    found = layers(imports("transformer"))
    first = [name for name in found if name.startswith("layers.0.")]
    products = sum(found[name].operations for name in first if found[name].op == "mac")
    assert products == 2 * 10 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 2 * 4 * 10 * 10 * 16
    assert "layers.0.linear1" in first


def test_a_recurrent_network(imports: Imports) -> None:
    """Two layers in two directions; the second one reads both of the first."""
    network = imports("recurrent")
    assert network.macs == 2 * 7 * (2 * 12 * (5 + 3) + 2 * 12 * (6 + 3))
    assert network.weights == 2 * 12 * (5 + 3) + 2 * 12 * (6 + 3)
    last = network.layers[-1]
    assert last.bounds == {"N": 2, "G": 7, "P": 6, "Q": 1}


def test_operators_that_are_not_modelled_are_listed(imports: Imports) -> None:
    network = imports("odd")
    assert network.assumptions[0].startswith("not modelled: 1 aten.linalg_inv")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "'a_users_nets' has no callable 'gone'"),
        ("nothing", "returns int; expected (module, inputs)"),
        ("branches", "cannot be exported"),
        ("weights_from_nowhere", "cannot be exported: RuntimeError: Error(s) in loading"),
    ],
)
def test_what_cannot_be_imported(imports: Imports, name: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        imports(name)
    assert message in str(caught.value)


def test_words_that_name_nothing(imports: Imports, capsys: pytest.CaptureFixture[str]) -> None:
    assert imports is not None
    for words, message in (
        ("residual", "'residual' names no callable; expected MODULE:CALLABLE"),
        ("no_such_module:net", "cannot import 'no_such_module': no module 'no_such_module'"),
    ):
        assert guarded(["import", "torch", words]) == 3
        assert message in capsys.readouterr().err
    with pytest.raises(UsageError, match="dims and densities are those of an ONNX model"):
        acs.import_("torch", "a:b", densities=True)
