"""Tensors by the names of roles: what is stated of one, and what of all of a role."""

from __future__ import annotations

from pathlib import Path

import accelsim as acs
from accelsim.workload.records import Network

LAYER = """\
kind: workload
name: named
layers:
- name: product
  shape: einsum
  dims: {M: 4, N: 4, K: 4}
  inputs: ["inputs[M, K]", "weights[K, N]"]
  output: outputs[M, N]
"""


def test_what_is_stated_of_a_tensor_with_the_name_of_a_role(tmp_path: Path) -> None:
    """Both inputs have the role Inputs: `inputs` is one, and the other where it has none."""
    file = tmp_path / "named.yaml"
    for stated, bits in (
        ("{inputs: 4, weights: 8, outputs: 32}", [4, 8, 32]),
        ("{inputs: 4, outputs: 32}", [4, 4, 32]),
        ("{weights: 8}", [16, 8, 16]),
    ):
        file.write_text(f"{LAYER}  bits: {stated}\n", encoding="utf-8")
        (checked,) = acs.check(file)
        assert (checked.problems, checked.notes) == ((), ())
        network = acs.load(file)
        assert isinstance(network, Network)
        assert [tensor.bits for tensor in network.layers[0].tensors] == bits
    file.write_text(f"{LAYER}  density: {{inputs: 0.5, weights: 0.25}}\n", encoding="utf-8")
    network = acs.load(file)
    assert isinstance(network, Network)
    assert [tensor.density for tensor in network.layers[0].tensors] == [0.5, 0.25, 1.0]
