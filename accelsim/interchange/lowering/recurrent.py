"""Recurrent layers as products of matrices.

The products of inputs are independent of each other.  Those of the state follow one another, as
each step needs the one before; they are written as one product over all steps, so that its weights
may stay where they are from step to step, and each such layer says that its order is not held.
"""

from __future__ import annotations

from accelsim.interchange.lowering.operator import Draft, Operator, bounds

ORDER = (
    "the steps of the recurrence are counted as one product, in any order; its own state is read "
    "as an input"
)


def lstm(op: Operator) -> list[Draft]:
    """Lower LSTM: input, forget, cell and output gates; peepholes are left out."""
    return _recurrent(op, 4)


def gru(op: Operator) -> list[Draft]:
    """Lower GRU: update, reset and hidden gates."""
    return _recurrent(op, 3)


def rnn(op: Operator) -> list[Draft]:
    """Lower RNN: one gate."""
    return _recurrent(op, 1)


def _recurrent(op: Operator, gates: int) -> list[Draft]:
    """Lower X [steps, batch, size], W [directions, gates*hidden, size], R [.., .., hidden]."""
    x, w, r = op.shape(0), op.shape(1), op.shape(2)
    if not len(x) == len(w) == len(r) == 3:
        raise op.refusal(f"has inputs of {len(x)}, {len(w)} and {len(r)} axes", "three each")
    steps, batch = (x[1], x[0]) if op.whole("layout", 0) else (x[0], x[1])
    directions, rows, hidden = r
    both = op.text("direction", "forward") == "bidirectional"
    fits = w == (directions, rows, x[2]) and rows == gates * hidden and directions == 1 + both
    if not fits:
        raise op.refusal(f"has weights {list(w)} and {list(r)} for {list(x)}", "shapes that fit")
    if op.whole("hidden_size", hidden) != hidden:
        raise op.refusal("has a hidden_size that is not that of its weights", str(hidden))
    drafts = []
    for direction in ("forward", "backward")[:directions]:
        prefix = f"{direction}." if both else ""
        sums = f"{op.output} {direction} sums"
        product = {"shape": "gemm", "group": "recurrent", **bounds(M=rows, N=steps * batch)}
        cell = bounds(N=batch, G=hidden, P=steps, operands=gates)
        drafts += [
            Draft(
                {**product, **bounds(K=x[2])},
                {"Inputs": op.input(0), "Weights": op.input(1)},
                (sums,),
                f"{prefix}input",
            ),
            Draft(
                {**product, **bounds(K=hidden), "assumed": ORDER},
                {"Weights": op.input(2)},
                (sums,),
                f"{prefix}state",
            ),
            Draft(
                {"shape": "elementwise", "group": "recurrent", **cell},
                {"Inputs": sums},
                tuple(filter(None, op.node.outputs)),
                f"{prefix}cell",
            ),
        ]
    return drafts
