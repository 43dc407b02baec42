"""Several estimators as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelsim.technology.estimators.contract import Attributes, Estimator, Price


@dataclass(frozen=True)
class FirstOf:
    """Several estimators; the first that knows an answer gives it."""

    estimators: Sequence[Estimator]

    def estimate(self, component: str, attributes: Attributes, action: str) -> Price | None:
        """Return the first answer, or None."""
        for estimator in self.estimators:
            price = estimator.estimate(component, attributes, action)
            if price is not None:
                return price
        return None
