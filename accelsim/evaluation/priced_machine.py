"""A machine at its prices, which layer after layer is packed for.

Most layers differ in their shapes only: where zeros make no difference to a machine, its tables and
its prices depend on the roles and the widths of a layer's tensors.  They are made once for all
layers that are alike in these.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property, partial
from typing import TypeVar

from accelsim.arch.records import Architecture
from accelsim.arch.zeros import minds_zeros
from accelsim.evaluation.area import area_mm2
from accelsim.evaluation.energies import LevelPrices, level_prices
from accelsim.evaluation.packing import PriceArrays, packed
from accelsim.evaluation.prices import Prices
from accelsim.evaluation.pricing import Packed
from accelsim.kept import kept
from accelsim.mapping.arrays import MachineArrays, pack_layer
from accelsim.mapping.machine_arrays import check_room, pack_machine
from accelsim.workload.records import Layer

Table = TypeVar("Table")


class PricedMachine:
    """A machine, what it charges, and its tables for layers so far."""

    def __init__(self, arch: Architecture, prices: Prices) -> None:
        self.arch, self.prices = arch, prices
        self._machines: dict[Hashable, MachineArrays] = {}
        self._levels: dict[Hashable, LevelPrices] = {}
        self._prices: dict[Hashable, PriceArrays] = {}

    def pack(self, layer: Layer) -> Packed:
        """Return the layer on the machine as kernels read it.

        Raises
        ------
        SpecError
            If the layer is too large to count, or a map cannot stay where it should.
        """
        alike = self._alike(layer)
        machine = _once(self._machines, alike, lambda: pack_machine(self.arch, layer))
        check_room(self.arch, layer, machine.place_bits)
        levels = self._levels_of(layer, alike)
        prices = _once(self._prices, alike, lambda: packed(levels, self.prices, self.arch, layer))
        return Packed(pack_layer(layer), machine, prices, self.prices.accounting.conventions)

    def levels(self, layer: Layer) -> LevelPrices:
        """Return what the accesses of a layer cost."""
        return self._levels_of(layer, self._alike(layer))

    @cached_property
    def area_mm2(self) -> float | None:
        """The area of the chip; None if that of a part is not known."""
        return area_mm2(self.arch, self.prices.table)

    @cached_property
    def built(self) -> dict[str, int]:
        """How often every memory and the compute is built."""
        arch, copies = self.arch, dict[str, int]()
        for place in arch.places:
            for held in place.holdings:
                copies.setdefault(held.memory, arch.instances(place))
        return {**copies, arch.compute.name: arch.instances(arch.compute)}

    def _levels_of(self, layer: Layer, alike: Hashable | None) -> LevelPrices:
        make = partial(level_prices, layer, self.arch, self.prices, alike)
        return _once(self._levels, alike, make)

    def _alike(self, layer: Layer) -> Hashable | None:
        """Return what layers have in common that share tables; None if none does."""
        if layer.residents or self._looks_closer:
            return None
        return _kind(layer)

    @cached_property
    def _looks_closer(self) -> bool:
        """Whether zeros count as well, or the dims along which lanes pass words on."""
        return minds_zeros(self.arch) or any(fanout.forwards for fanout in self.arch.fanouts)


@kept
def _kind(layer: Layer) -> Hashable:
    """Return what prices and tables depend on where zeros and places of maps do not matter."""
    return layer.op, tuple((tensor.role, tensor.bits) for tensor in layer.tensors)


def _once(known: dict[Hashable, Table], alike: Hashable | None, make: Callable[[], Table]) -> Table:
    """Make a table, once for all layers that are alike."""
    if alike is None:
        return make()
    if alike not in known:
        known[alike] = make()
    return known[alike]
