"""What is kept of a machine that was read before changes nothing when it is read again."""

from __future__ import annotations

import random
from dataclasses import replace

from accelsim.arch.records import Architecture
from accelsim.arch.spec import architecture_of
from accelsim.errors import SpecError
from accelsim.specs.references import open_spec, parse_reference
from accelsim.yamldoc import Document

SETTINGS = {
    "eyeriss_shared": (
        "glb.size=64KiB", "glb.size=1B", "glb.size=32KiB", "array.mesh_x=8", "array.mesh_y=-1",
        "filter_spad.size=0B", "spads.source=here", "psum_spad.word=8b", "word=32b", "word=8b",
        "mac.ops_per_cycle=2", "glb.keep=[Inputs]", "clock=1GHz", "glb.bandwidth=1words/cycle",
        "glb.memory=buf", "buf.size=16KiB", "glb.memory=dram", "glb.size=",
    ),
    "isca2016_rs_256": ("pes=512", "pes=1024", "pes=x", "clock=100MHz"),
}  # fmt: skip


def opened(name: str) -> Document:
    return open_spec("architecture", parse_reference(name))


def read(document: Document, overrides: list[str]) -> Architecture | str:
    try:
        return architecture_of(document, overrides)
    except SpecError as fault:
        return str(fault)


def test_a_document_reads_the_same_however_often_it_was_read() -> None:
    rng = random.Random(0)
    found = set[type]()
    for name, settings in SETTINGS.items():
        document = opened(name)
        for _ in range(60):
            overrides = rng.sample(settings, rng.randrange(4))
            again = read(document, overrides)
            assert again == read(opened(name), overrides), overrides
            found.add(type(again))
    assert found == {Architecture, str}


def test_parts_that_settings_leave_alone_are_one_record() -> None:
    document = opened("eyeriss_shared")
    one, other = (architecture_of(document, [f"glb.size={size}"]) for size in ("8KiB", "16KiB"))
    same = [a is b for a, b in zip(one.memories, other.memories, strict=True)]
    assert same == [memory.name != "glb" for memory in one.memories]
    assert all(a is b for a, b in zip(one.nodes, other.nodes, strict=True))
    assert replace(other.memory["glb"], size_bits=8 * 8192) == one.memory["glb"]
