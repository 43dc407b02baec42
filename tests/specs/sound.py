"""Small sound specs; tests break them a line at a time."""

from __future__ import annotations

ARCHITECTURE = """\
kind: architecture
name: tiny
source: a paper
technology: eyeriss-relative
clock: 200 MHz
word: 16 b
parameters: {pes: 12}
levels:
- memory: dram
  component: dram
  keep: [Weights, Inputs, Outputs]
- memory: glb
  component: buffer
  size: 64 KiB
  keep: [Inputs, Outputs]
- fanout: array
  component: array
  mesh_x: pes/3
  mesh_y: 3
- side_by_side: spads
  memories:
  - {memory: filter_spad, component: register_file, size: 24 words, may_keep: [Weights]}
  - {memory: input_spad, component: register_file, size: 12 words, may_keep: [Inputs]}
- compute: mac
  component: mac
"""

WORKLOAD = """\
kind: workload
name: small
source: a paper
parameters: {batch: 1}
layers:
- {name: conv1, shape: conv, N: batch, M: 96, C: 3, P: 55, Q: 55, R: 11, S: 11, stride: 4}
- {name: fc7, shape: fc, N: batch, M: 4096, C: 4096, bits: {weights: 8}}
- name: scores
  shape: einsum
  dims: {I: 4, J: 5, K: 6}
  output: Z[I, J]
  inputs: ["A[I, K]", "B[K, J] as Weights"]
"""

DATAFLOW = """\
kind: dataflow
name: ws
title: Weight stationary
source: a paper
rules:
- at: registers
  may_keep: [Weights]
  temporal: {S: whole, C: any, M: <=4}
  others: 1
- at: buffers
  order: [[M, C], Q]
  tile: {Weights: 1}
"""

TECHNOLOGY = """\
kind: technology
name: table
unit: pJ
word: 16 b
source: a paper
prices:
  dram: {access: 200}
  array: {deliver: 2 pJ, reduce: {energy: 4, source: another paper}}
  mac: {mac: 1}
"""

ACCOUNTING = """\
kind: accounting
name: rules
source: a paper
weights:
  buffer: {fill: 0}
  array: {deliver.Outputs: 0}
"""

STUDY = """\
kind: study
name: pairs
source: a paper
parameters: {pes: 256}
rows:
- {label: RS, architecture: "rs_{pes}", dataflow: rs, accounting: default}
- {label: WS, architecture: "ws_{pes}", dataflow: ws}
"""

MAPPING = """\
kind: mapping
layer: conv
levels:
- place: dram
  loops: [M 4, C 2]
  keep: [Weights, Inputs, Outputs]
- place: glb
  loops: [P 5]
  keep: [Inputs, Outputs]
- fanout: array
  y: [R 3]
  x: [C 2]
- place: spads
  loops: [M 2, S 3]
  keep: [Weights]
"""

LAYER = """\
kind: workload
name: one
layers: [{name: conv, shape: conv, M: 8, C: 4, P: 5, R: 3, S: 3}]
"""
