"""What an import leaves out or takes for free, counted, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

FIRST_NAMES = 4

ALWAYS = (
    "values are 16 bits wide, whatever the model's floating-point type; quantised ones keep theirs",
    "biases and parameters of normalisations are left out; padded input words count like others",
)
"""What every import assumes."""


@dataclass
class Tally:
    """Operators that became no layer of their own, by what became of them.

    ``missing`` counts operators that are not modelled, by (op, reason); ``missing_words`` are what
    they write, as far as shapes tell; ``layer_words`` what layers write.
    """

    fused: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    folded: Counter[str] = field(default_factory=Counter)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsized: Counter[tuple[str, str]] = field(default_factory=Counter)
    layer_words: int = 0
    unread: list[str] = field(default_factory=list)

    def miss(self, op: str, reason: str, words: int | None) -> None:
        """Note an operator that is not modelled; None words if its shapes do not tell."""
        self.missing[op, reason] += 1
        if words is None:
            self.unsized[op, reason] += 1
        else:
            self.missing_words[op, reason] += words

    def sentences(self) -> Iterator[str]:
        """Yield what a reader of results must know."""
        yield from self.left_out()
        yield from ALWAYS
        for counted, what in (
            (self.fused, "at no cost, as part of the layer before"),
            (self.views, "at no cost, as views of words that are stored already"),
            (self.folded, "not run, as they depend on no input"),
        ):
            if counted:
                yield f"{what}: {_listed(counted)}"
        if self.unread:
            names = ", ".join(self.unread[:FIRST_NAMES])
            more = len(self.unread) - FIRST_NAMES
            names += f" and {more} more" if more > 0 else ""
            yield f"windows do not reach all of their (padded) input, and read less, in {names}"

    def left_out(self) -> Iterator[str]:
        """Yield a sentence for each kind of operator that is not modelled."""
        whole = self.layer_words + self.missing_words.total()
        for key, count in self.missing.most_common():
            op, reason = key
            words, unsized = self.missing_words[key], self.unsized[key]
            said = f"not modelled: {count} {op}"
            said += f" ({reason})" if reason else ""
            if unsized < count and whole:
                said += f": {words:,} words written, {100 * words / whole:.3g} % of all"
            if unsized and reason != "shape unknown":
                of = "" if unsized == count else f" of {unsized}"
                said += f"; shape{of} unknown"
            yield said


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {op}" for op, count in counted.most_common())
