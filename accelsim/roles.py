"""The roles that tensors play: what machines, dataflows and tables know them by."""

from __future__ import annotations

from typing import Literal, cast, get_args

Role = Literal["Weights", "Inputs", "Outputs"]
ROLES: tuple[Role, ...] = cast("tuple[Role, ...]", get_args(Role))
