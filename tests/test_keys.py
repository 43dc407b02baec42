from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from accelsim import keys
from accelsim.keys import canonical_json, content_key
from accelsim.mapper.contract import Budget
from accelsim.mapper.objectives import EDP, ENERGY
from accelsim.mapper.sampling import SamplingDriver
from accelsim.mapper.search_key import search_key
from accelsim.mapspace.records import Rule
from tests.mapper.problems import problem
from tests.mapspace.cases import conv, eyeriss, flow

pytestmark = pytest.mark.plain


@dataclass(frozen=True)
class Part:
    name: str
    source: str
    sizes: tuple[int, ...] = ()


def test_canonical_json() -> None:
    part = Part("glb", "a paper", (1, 2))
    assert canonical_json(part) == '{"name":"glb","sizes":[1,2],"source":"a paper"}'
    assert canonical_json(part, omit=("source",)) == '{"name":"glb","sizes":[1,2]}'
    assert canonical_json({("a", 1): np.arange(2)}) == '{"[\\"a\\",1]":[0,1]}'
    assert canonical_json(frozenset({3, 1})) == "[1,3]"
    assert canonical_json([None, True, 0.1, np.int64(4)]) == "[null,true,0.1,4]"


def test_what_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        content_key(object())


def test_equal_content_has_an_equal_key() -> None:
    assert content_key({"b": 1, "a": 2}) == content_key({"a": 2, "b": 1})
    assert len(content_key(())) == 64


def test_the_sources_digest_follows_every_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "__file__", str(tmp_path / "keys.py"))
    (tmp_path / "room").mkdir()
    digests = []
    for name, text in (("a.py", "1"), ("a.py", "2"), ("room/b.py", "2"), ("room/c.txt", "")):
        (tmp_path / name).write_text(text)
        digests.append(keys.sources_digest.__wrapped__())
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    digests.append(keys.sources_digest.__wrapped__())
    assert digests[2] == digests[3]  # not a source
    assert len(set(digests)) == 4


def test_a_searchs_key_tells_searches_apart() -> None:
    driver, budget = SamplingDriver(), Budget(10)
    layer, arch = conv(M=4, P=3), eyeriss()
    base = search_key(problem(layer, arch), ENERGY, budget, driver)
    same = search_key(problem(replace(layer, name="x", group="y"), arch), ENERGY, budget, driver)
    assert same == base
    rule = flow(Rule("glb", keep=frozenset({"Inputs"})))
    others = [
        search_key(problem(conv(M=4, P=4), arch), ENERGY, budget, driver),
        search_key(problem(conv(M=4, P=3, bits=8), arch), ENERGY, budget, driver),
        search_key(problem(layer, eyeriss(mesh_x=13)), ENERGY, budget, driver),
        search_key(problem(layer, eyeriss(pads=(1, 2, 3))), ENERGY, budget, driver),
        search_key(problem(layer, arch, rule), ENERGY, budget, driver),
        search_key(problem(layer, arch), EDP, budget, driver),
        search_key(problem(layer, arch), ENERGY, Budget(11), driver),
        search_key(problem(layer, arch), ENERGY, budget, SamplingDriver(1)),
        search_key(problem(layer, arch), ENERGY, budget, driver, front=True),
    ]
    assert len({base, *others}) == 1 + len(others)
