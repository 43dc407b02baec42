"""Attributes of memories and computes: which are read, and what those say of a memory's shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from accelsim.interchange.timeloop.chain import Storage, Unit
from accelsim.interchange.timeloop.scope import Scope
from accelsim.interchange.timeloop.sources import Sources
from accelsim.specs.fields import suggestion
from accelsim.yamldoc import Node

WORDS = ("word_bits", "word_width", "datawidth")
WIDTHS = ("width", "memory_width", "data_storage_width")
BLOCKS = ("block_size", "n_words")
DEPTHS = ("depth", "memory_depth", "data_storage_depth")

_MEMORY = (
    *WORDS,
    *WIDTHS,
    *BLOCKS,
    *DEPTHS,
    "cluster_size",
    "entries",
    "sizeKB",
    "read_bandwidth",
    "write_bandwidth",
    "shared_bandwidth",
    "bandwidth",
    "multiple_buffering",
    "network_fill_latency",
    "network_drain_latency",
    "vector_access_energy",
    "addr_gen_energy",
    "energy_per_hop",
    "router_energy",
    "min_utilization",
)

_COMPUTE = ("energy_per_op", "datawidth", "word_bits", "word_width", "width")

_ANYWHERE = ("meshX", "meshY", "instances", "name", "technology", "global_cycle_seconds")

_NOT_OURS = (
    "area_scale",
    "energy_scale",
    "power_gated_at",
    "has_power_gating",
    "class",
    "subclass",
    "version",
    "type",
    "num_ports",
    "n_ports",
    "n_rd_ports",
    "n_wr_ports",
    "n_rdwr_ports",
    "num_rd_ports",
    "num_wr_ports",
    "num_rdwr_ports",
    "num_banks",
    "n_banks",
    "banks",
    "bank_width",
    "cycle_time",
    "clockrate",
    "frequency",
    "voltage",
    "temperature",
    "multiplier_width",
    "adder_width",
    "num_inputs",
    "pipeline_stages",
    "num_pipeline_stages",
    "exponent",
    "mantissa",
    "tag_width",
    "tech_node",
    "process",
    "capacity",
    "length",
    "activity_factor",
    "device",
    "device_type",
    "cell_type",
    "cell_bits",
    "cell_config",
    "resolution",
    "n_instances",
    "metadata_block_size",
    "metadata_datawidth",
    "metadata_storage_width",
    "metadata_storage_depth",
    "cluster_area",
    "network_word_bits",
    "word_size",
    "page_size",
    "page_bits",
    "reads_per_cycle",
    "writes_per_cycle",
)
"""What Accelergy's plug-ins, or Timeloop's own model of energy and zeros, read of a component."""

_LEFT_OUT = {
    "min_utilization": "no use of a memory is demanded",
    "allow_overbooking": "no tile may be larger than its memory",
    "reduction_supported": "memories add sums up by reading them first",
    "concordant_compressed_tile_traversal": "zeros are not modelled from these files",
    "tile_partition_supported": "zeros are not modelled from these files",
    "decompression_supported": "zeros are not modelled from these files",
    "compression_supported": "zeros are not modelled from these files",
    "per_dataspace_bandwidth_consumption_scale": "a word takes the same of a port for all tensors",
    "network_read": "networks are those between levels",
    "network_fill": "networks are those between levels",
    "network_drain": "networks are those between levels",
    "network_update": "networks are those between levels",
}

_OFF = ("false", "0", "0.0", "no", "none", "{}")


def note_attributes(sources: Sources, it: Storage | Unit) -> None:
    """Note the attributes of a component that say nothing here, but those meant for others."""
    is_memory = isinstance(it, Storage)
    used = (*(_MEMORY if is_memory else _COMPUTE), *_ANYWHERE)
    late = "transfers take what bandwidths say" if is_memory else "an operation ends in its cycle"
    left_out = {**_LEFT_OUT, "latency": late}
    for key, node in it.values.own.items():
        if key in left_out:
            if str(node.value).lower() not in _OFF:
                sources.note(node, f"'{key}' is left out: {left_out[key]}")
        elif not (
            key in used
            or key in _NOT_OURS
            or key.startswith(("accelsim_", "_"))
            or key in _named_in(it.values.own)
        ):
            close = suggestion(key, used)
            what = f"unknown attribute '{key}' of '{it.name}'"
            sources.note(node, f"{what}; {close}" if close else f"{what}, left out")


def _named_in(own: Mapping[str, Node]) -> set[str]:
    """Return the words in the expressions of some attributes."""
    texts = (node.value for node in own.values() if isinstance(node.value, str))
    return {word for text in texts for word in _words(text)}


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[A-Za-z_]\w*", text)


def block_words(sources: Sources, it: Storage, word_bits: int) -> int:
    """Return the words of an access: as stated, or as many as stand in a row of the memory.

    A row holds the blocks of all instances of a cluster.
    """
    values = it.values
    stated = values.whole(*BLOCKS, least=1)
    cluster = values.whole("cluster_size", least=1)
    width = values.whole(*WIDTHS, least=1)
    block = stated or 1
    if width is not None:
        row = width // word_bits
        node = values.node(*WIDTHS)
        assert node is not None
        if width % (word_bits * block):
            of = f"{block} x {word_bits} b" if stated else f"{word_bits} b"
            what = f"a width of {width} b does not hold whole {'blocks' if stated else 'words'} of"
            sources.fault(node, f"{what} {of}", "width = words of a block x their bits x clusters")
            return block
        if stated is not None and cluster is not None and stated * cluster != row:
            what = f"a width of {width} b is not {stated} x {word_bits} b in clusters of {cluster}"
            sources.fault(node, what, f"{stated * word_bits * cluster} b")
        elif stated is None:
            block = max(1, row // (cluster or 1))
        cluster = cluster or row // block
    if cluster is not None and cluster > 1 and not it.is_void:
        _clusters(sources, it, cluster)
    return block


def _clusters(sources: Sources, it: Storage, cluster: int) -> None:
    """Say what clusters mean, which there are none of here."""
    node = it.values.node("cluster_size") or it.values.node(*WIDTHS)
    assert node is not None
    if it.is_dram:
        sources.fault(node, f"the DRAM '{it.name}' stands in clusters of {cluster}", "no clusters")
        return
    sources.note(
        node,
        f"clusters of {cluster} are not modelled: Timeloop charges accesses to '{it.name}', and "
        f"their addresses, for at most one in {cluster} of its instances; here each in use pays",
    )


def size_words(sources: Sources, values: Scope, word_bits: int, block: int) -> int | None:
    """Return the capacity in words; None is unlimited."""
    kilobytes = values.node("sizeKB")
    for names in (("entries",), DEPTHS):
        other = values.node(*names)
        if kilobytes is not None and other is not None:
            what = f"'sizeKB' and '{next(name for name in names if values.node(name))}'"
            sources.fault(kilobytes, f"{what} both state a size", "one of them")
    entries = values.whole("entries")
    if entries is not None:
        return entries
    depth = values.whole(*DEPTHS)
    if depth is not None:
        return depth * block
    kib = values.number("sizeKB")
    return None if kib is None else int(kib * 1024 * 8 / word_bits)
