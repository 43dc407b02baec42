"""The twin of everything expected of zeros: draw real patterns, walk the nest, count what is left.

One walk writes down which word each access is to, and, next to the operations, which operation it
serves; then, for each drawn pattern, every access and operation is looked at by itself.  Formats
are encoders that write out their tokens, and read the words back from them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from accelsim.arch.records import Fanout, Memory
from accelsim.sparsity.formats import Format
from accelsim.sparsity.zeros import Given, Structured
from accelsim.workload.records import Tensor
from tests.evaluation.traffic import _Bookkeeper
from tests.naive.cases import Case
from tests.naive.nest import Boundary, Instance, Level, held_bits
from tests.naive.walk import Word, _tile_words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Key = tuple[str, str, str]
"""Level, tensor, action."""


# --- formats --------------------------------------------------------------------------------------


def stream_bits(form: Format, stream: list[bool], value_bits: int) -> tuple[float, float]:
    """Write a stream of words out, read it back, and return (its bits, those of metadata)."""
    options = dict(form.parameters)
    if form.kind == "bitmask":
        written = sum(stream)
        return len(stream) + written * value_bits, len(stream)
    if form.kind == "coordinate":
        wide = options.get("index_bits") or max(1, len(bin(len(stream) - 1)) - 2)
        return coordinate_bits(stream, wide, value_bits)
    if form.kind == "n_of_m":
        n, m = options["nonzeros"], options["of"]
        blocks = [stream[i : i + m] for i in range(0, len(stream), m)]
        assert all(sum(block) <= n for block in blocks)
        offset = len(bin(m - 1)) - 2
        return len(blocks) * n * (offset + value_bits), len(blocks) * n * offset
    tokens = run_length_tokens(stream, 2 ** options.get("run_bits", 5) - 1)
    read = [word for run, value in tokens for word in (*[False] * run, value)]
    assert read[: len(stream)] == stream
    assert not any(read[len(stream) :])
    pair = options.get("run_bits", 5) + value_bits
    pack = options.get("pack_bits", 0)
    bits = len(tokens) * (pack / (pack // pair) if pack else pair)
    return bits, bits - len(tokens) * value_bits


def coordinate_bits(stream: list[bool], wide: int, value_bits: int) -> tuple[float, float]:
    """Number words in blocks of 2^wide, write numbers and counts out, and read them back."""
    blocks = [stream[i : i + 2**wide] for i in range(0, len(stream), 2**wide)]
    counts = [sum(block) for block in blocks] if len(blocks) > 1 else []
    numbers = [format(i, f"0{wide}b") for block in blocks for i, one in enumerate(block) if one]
    written = [format(count, f"0{wide + 1}b") for count in counts]
    read, left = [False] * len(stream), [*numbers]
    for start, held in enumerate(written or [format(len(numbers), "b")]):
        for _ in range(int(held, 2)):
            read[start * 2**wide + int(left.pop(0), 2)] = True
    assert read == stream
    assert not left
    metadata = sum(map(len, numbers)) + sum(map(len, written))
    return metadata + len(numbers) * value_bits, metadata


def run_length_tokens(stream: list[bool], longest: int) -> list[tuple[int, bool]]:
    """Return pairs of a run of zeros and whether the value after it is other than zero."""
    tokens, run = [], 0
    for nonzero in stream:
        if nonzero or run == longest:
            tokens.append((run, nonzero))
            run = 0
        else:
            run += 1
    if run:
        tokens.append((run - 1, False))
    return tokens


# --- the walk -------------------------------------------------------------------------------------


@dataclass
class Accesses:
    """Which words were moved, one entry a word; next to the operations, for which of them."""

    words: list[Word] = field(default_factory=list)
    serves: list[int] = field(default_factory=list)


class _WordsWalker(_Bookkeeper):
    """Writes down every word, and every operation."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.moved: defaultdict[Key, Accesses] = defaultdict(Accesses)
        self.operations: dict[tuple[tuple[int, ...], Instance], int] = {}
        self.operand_words: list[dict[str, Word]] = []
        self.boundary: Boundary | None = None

    def operation(self, instance: Instance) -> int:
        """Return the number of the operation that an instance of the compute does at this step."""
        key = (self.index, instance)
        if key not in self.operations:
            self.operations[key] = len(self.operations)
            compute = self.nest.levels[-1]
            words = {}
            for tensor in self.layer.tensors:
                (words[tensor.name],) = self._tile(tensor, compute, instance)
            self.operand_words.append(words)
        return self.operations[key]

    def _fetch(self, boundary: Boundary, changed: int) -> None:
        self.boundary = boundary
        super()._fetch(boundary, changed)

    def _take_back(self, boundary: Boundary, changed: int) -> None:
        self.boundary = boundary
        super()._take_back(boundary, changed)

    def _drain(self, boundary: Boundary) -> None:
        self.boundary = boundary
        super()._drain(boundary)

    def _at_memory(
        self, level: Level, instance: Instance, tensor: Tensor, action: str, moved: Iterable[Word]
    ) -> None:
        words = list(moved)
        super()._at_memory(level, instance, tensor, action, words)
        compute, boundary = self.nest.levels[-1], self.boundary
        if level.name == compute.name or not words:
            return
        assert boundary is not None
        (place,) = (place for place in self.machine.places if place.name == level.name)
        (memory,) = (held.memory for held in place.holdings if tensor.role in held.roles)
        entry = self.moved[memory, tensor.name, action]
        entry.words += words
        alone = level.fanouts_outside == compute.fanouts_outside
        serving = boundary.is_compute and level.name == boundary.parent.name and alone
        entry.serves += [self.operation(instance) if serving else -1] * len(words)

    def _on_network(
        self, fanout: int, instance: Instance, tensor: Tensor, action: str, moved: Iterable[Word]
    ) -> None:
        words = list(moved)
        super()._on_network(fanout, instance, tensor, action, words)
        entry = self.moved[self.fanouts[fanout].name, tensor.name, action]
        entry.words += words
        entry.serves += [-1] * len(words)

    def _operate(self) -> None:
        compute = self.nest.levels[-1]
        for instance in self.nest.instances(compute):
            if self._tile(self.layer.output, compute, instance):
                self.operation(instance)
        super()._operate()


# --- counting -------------------------------------------------------------------------------------


@dataclass
class Counted:
    """By drawn pattern: ``[pattern]``."""

    operations: dict[str, Floats]
    """Done, gated and skipped."""
    words: dict[Key, dict[str, Floats]]
    """Done, gated and skipped."""
    bits: dict[Key, Floats]
    metadata_bits: dict[Key, Floats]


def draw_patterns(case: Case, patterns: int, seed: int) -> dict[str, Bools]:
    """Draw which words of every tensor are other than zero: ``[pattern, word]``, words sorted."""
    rng = np.random.default_rng(seed)
    drawn = {}
    for tensor in case.layer.tensors:
        words = all_words(case, tensor)
        shape = (patterns, len(words))
        if isinstance(tensor.pattern, Given):
            known = whole_pattern(case, tensor)
            drawn[tensor.name] = np.tile([known[word] for word in words], (patterns, 1))
        elif isinstance(tensor.pattern, Structured):
            drawn[tensor.name] = _draw_blocks(rng, tensor.pattern, shape)
        else:
            drawn[tensor.name] = rng.random(shape) < tensor.density
    return drawn


def _draw_blocks(rng: np.random.Generator, zeros: Structured, shape: tuple[int, int]) -> Bools:
    """Draw, for each block of ``of`` words, which ``nonzeros`` of them are other than zero."""
    patterns, words = shape
    blocks = -(-words // zeros.of)
    order = rng.random((patterns, blocks, zeros.of)).argsort(axis=2)
    return (order < zeros.nonzeros).reshape(patterns, -1)[:, :words]


def whole_pattern(case: Case, tensor: Tensor) -> dict[Word, bool]:
    """Return the given pattern by words, in row-major order, those that no operation meets too."""
    assert isinstance(tensor.pattern, Given)
    bounds = case.layer.bounds
    lowest = [
        sum(min(0, term.coefficient * (bounds[term.dim] - 1)) for term in rank.terms)
        for rank in tensor.ranks
    ]
    return {
        tuple(low + i for low, i in zip(lowest, index, strict=True)): bool(nonzero)
        for index, nonzero in np.ndenumerate(tensor.pattern.nonzero)
    }


def all_words(case: Case, tensor: Tensor) -> list[Word]:
    origin = dict.fromkeys(case.layer.bounds, 0)
    return sorted(_tile_words(tensor, origin, case.layer.bounds))


def count_zeros(case: Case, nonzero: dict[str, Bools], own: dict[Key, Bools]) -> Counted:
    """Walk the nest, and count for every pattern what is done, gated, skipped and moved.

    Parameters
    ----------
    nonzero : bool[pattern, word] of each tensor
    own : the same of (level, tensor, "") where a level states a density of its own
    """
    walker = _WordsWalker(case)
    walker.run()
    layer, machine = case.layer, case.architecture
    at = {t.name: {word: i for i, word in enumerate(all_words(case, t))} for t in layer.tensors}
    meets = {
        t.name: nonzero[t.name][:, [at[t.name][words[t.name]] for words in walker.operand_words]]
        for t in layer.tensors
    }
    compute = machine.compute
    every = np.ones((len(next(iter(nonzero.values()))), len(walker.operand_words)), dtype=np.bool_)

    def fate(gating: Iterable[str], skipping: Iterable[str], follower: str) -> tuple[Bools, Bools]:
        """Return [pattern, operation]: whether an access for it is done, and whether skipped."""
        done, timed = every.copy(), every.copy()
        if layer.op == "mac":
            for tensor in layer.tensors:
                if tensor is layer.output or tensor.name == follower:
                    continue
                if tensor.role in skipping:
                    timed &= meets[tensor.name]
                if tensor.role in gating:
                    done &= meets[tensor.name]
        return done & timed, ~timed

    done, skipped = fate(compute.gating, compute.skipping, "")
    operations = _fates(done, skipped)

    parts: dict[str, Memory | Fanout] = {part.name: part for part in machine.memories}
    parts |= {fanout.name: fanout for fanout in machine.fanouts}
    outermost = machine.places[0].holding("Outputs")
    assert outermost is not None
    given_leads = any(isinstance(t.pattern, Given) for t in layer.tensors if t is not layer.output)
    counted = Counted(operations, {}, {}, {})
    for key, entry in walker.moved.items():
        level, name, action = key
        part, (tensor,) = parts[level], [t for t in layer.tensors if t.name == name]
        if action == "first_read" or not entry.words:
            continue
        served, share = np.array(entry.serves), 1.0
        if tensor is layer.output and action == "read" and (served >= 0).all() and given_leads:
            # Rule 19: where zeros are known, reads of old sums are spared as updates are.
            entry = walker.moved[level, name, "update"]
            share = len(served) / len(entry.words)
            served = np.array(entry.serves)
        gates = part.gating.get(tensor.role, ()) if isinstance(part, Memory) else ()
        skips = part.skipping.get(tensor.role, ()) if isinstance(part, Memory) else ()
        done, skipped = fate(gates, skips, name)
        free = np.ones((len(done), 1), dtype=np.bool_)
        done = np.where(served >= 0, done[:, served], free)
        skipped = np.where(served >= 0, skipped[:, served], ~free)
        value_bits = held_bits(part, tensor)
        finished = np.zeros(len(entry.words), dtype=np.bool_)
        compressed = tensor is not layer.output or tensor.role in part.densities
        if not compressed and level == outermost.memory:
            if action == "update":
                left = Counter(entry.words)
                for i, word in enumerate(entry.words):
                    left[word] -= 1
                    finished[i] = not left[word]
        elif compressed:
            finished[:] = True
        form = part.formats.get(tensor.role)
        if form is None:
            finished[:] = False
        taken, metadata = np.full(len(done), 0.0), np.full(len(done), 0.0)
        last = done[:, finished].sum(axis=1).astype(np.float64)
        if given_leads and not finished.all():
            # Rule 19: where zeros are known, the last update of a sum is spared as any is.
            last = done.sum(axis=1) * finished.mean()
        taken += (done.sum(axis=1) - last) * value_bits
        if finished.any() and form is not None:
            pattern = own.get((level, name, ""), nonzero[name])
            words = last
            written: dict[bytes, tuple[float, float]] = {}
            for p, stream in enumerate(pattern):
                seen = stream.tobytes()
                if seen not in written:
                    written[seen] = stream_bits(form, stream.tolist(), value_bits)
                bits, of_them = written[seen]
                taken[p] += words[p] * bits / len(stream)
                metadata[p] += words[p] * of_them / len(stream)
        fates = _fates(done, skipped)
        counted.words[key] = {name: share * drawn for name, drawn in fates.items()}
        counted.bits[key], counted.metadata_bits[key] = share * taken, share * metadata
    return counted


def _fates(done: Bools, skipped: Bools) -> dict[str, Floats]:
    return {
        "done": done.sum(axis=1).astype(np.float64),
        "gated": (~done & ~skipped).sum(axis=1).astype(np.float64),
        "skipped": skipped.sum(axis=1).astype(np.float64),
    }
