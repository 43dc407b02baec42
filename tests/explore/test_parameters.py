"""What ``-p`` and ``--where`` mean, and what is said of those that mean nothing."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelsim.errors import UsageError
from accelsim.explore.constraints import dimensions_of, read_constraint, values_of
from accelsim.explore.measures import MEASURES
from accelsim.explore.parameters import MOST_VALUES, quantity, read_parameter, read_parameters
from accelsim.explore.points import Design, Space, chosen, count
from accelsim.units import ENERGY


def values(words: str) -> list[str]:
    return [":".join(step) for step in read_parameter(words).values]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("array.mesh_x=8,12,14", ["8", "12", "14"]),
        ("array.mesh_x=8", ["8"]),
        ("array.mesh_x=8,8", ["8"]),
        ("glb.size=32KiB:512KiB:x2", ["32KiB", "64KiB", "128KiB", "256KiB", "512KiB"]),
        ("glb.size=32KiB:100 KiB:+32", ["32KiB", "64KiB", "96KiB"]),
        ("glb.size=32KiB:96KiB:+32KiB", ["32KiB", "64KiB", "96KiB"]),
        ("glb.size=512KiB:2MiB:x2", ["512KiB", "1024KiB", "2048KiB"]),
        ("a.b=1:2:*1.5", ["1", "1.5"]),
        ("a.b=4,8:32:+8", ["4", "8", "16", "24", "32"]),
        (
            "dram.read_bandwidth=1 words/cycle:4 words/cycle:x2",
            [f"{n}words/cycle" for n in (1, 2, 4)],
        ),
        ("glb.keep=[Inputs, Outputs],[Inputs]", ["[Inputs, Outputs]", "[Inputs]"]),
        ("technology=eyeriss-relative", ["eyeriss-relative"]),
        ("glb.size,array.mesh_x=64KiB:8,128KiB:16", ["64KiB:8", "128KiB:16"]),
    ],
)
def test_values(words: str, expected: list[str]) -> None:
    assert values(words) == expected


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("glb.size", "not a parameter"),
        ("=3", "not a parameter"),
        ("glb.size=", "not a parameter"),
        ("glb.size=1,,2", "an empty value"),
        ("glb.size=64KiB:32KiB:x2", "is empty; its end lies below its start"),
        ("glb.size=1:9", "has no step; expected 1:9:x2 or 1:9:+1"),
        ("glb.size=1:9:2", "has no step"),
        ("glb.size=1:9:x1", "never ends; expected a factor above x1"),
        ("glb.size=1:9:x0.5", "never ends; expected a factor above x1"),
        ("glb.size=1:9:+0", "never ends; expected a step above +0"),
        ("a.b=14:4:+-2", "never ends; expected a step above +0; the smaller end comes first"),
        ("a.b=14:4:-2", "has no step; expected 14:4:x2 or 14:4:+1; the smaller end comes first"),
        ("glb.size=0:9:x2", "never ends; expected a start above 0"),
        ("glb.size=16:64KiB:x2", "only one end of the range '16:64KiB:x2' has a unit"),
        ("glb.size=16KiB:64:x2", "expected 16KiB:64KiB:x2"),
        ("a.b=1:", "the range '1:' has no end"),
        ("a.b=0:", "has no end"),
        ("a.b=:9:x2", "has no start"),
        ("a.b=1::x2", "has no end"),
        ("glb.size=1:9:x2KiB", "has a unit"),
        ("glb.size=1KiB:9MHz:x2", "units that do not fit"),
        ("glb.size=a:b:x2", "is not a range"),
        ("a.b=0:1:+0.000001", "is long; expected at most 100,000 values"),
        ("a.b,c.d=1:2:3", "does not have a value for each of 2 linked paths"),
        ("a.b,c.d=1", "does not have a value for each of 2 linked paths"),
    ],
)
def test_what_is_no_parameter(words: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_parameter(words)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(f"-p {words}: ")


def test_all_faults_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read_parameters(["a", "b.c=2:1:+1", "x.y=1", "x.y,z=2:3"])
    whats = [problem.what for problem in caught.value.problems]
    assert whats == ["not a parameter", "the range '2:1:+1' is empty", "'x.y' is varied twice"]


@given(
    first=st.integers(1, 1000),
    span=st.integers(0, 1000),
    step=st.integers(1, 50),
    unit=st.sampled_from(["", "KiB", "MHz", "words"]),
)
def test_a_range_by_steps_is_that_of_python(first: int, span: int, step: int, unit: str) -> None:
    found = values(f"a.b={first}{unit}:{first + span}{unit}:+{step}")
    assert found == [f"{value}{unit}" for value in range(first, first + span + 1, step)]


@given(first=st.integers(1, 1000), factor=st.integers(2, 9), number=st.integers(1, 12))
def test_a_range_by_factors(first: int, factor: int, number: int) -> None:
    last = first * factor ** (number - 1)
    found = values(f"a.b={first}:{last}:x{factor}")
    assert found == [str(first * factor**power) for power in range(number)]
    assert len(found) <= MOST_VALUES


def test_quantities_of_any_dimension() -> None:
    found = [quantity(text) for text in ("2 KiB", "1 MHz", "1mW", "2 mm2", "5", "5 words", "x")]
    assert found == [16384, 10**6, 1, 2 * 10**6, 5, 5, None]


# --- constraints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "settings", "expected"),
    [
        ("array.mesh_x*array.mesh_y<=256", {"array.mesh_x": "16", "array.mesh_y": "16"}, True),
        ("array.mesh_x*array.mesh_y<256", {"array.mesh_x": "16", "array.mesh_y": "16"}, False),
        ("glb.size <= 64 KiB", {"glb.size": "65536 B"}, True),
        ("glb.size/2 > 0.5MiB", {"glb.size": "1MiB"}, False),
        ("-(glb.size) == -8", {"glb.size": "1 B"}, True),
        ("clock != 100MHz", {"clock": "0.1GHz"}, False),
        ("2 <= a.b + 1 - 1", {"a.b": "2"}, True),
        ("a.b <= 1e-2", {"a.b": "0.02"}, False),
        ("a.b <= 1.5e-3", {"a.b": "0.001"}, True),
        ("a.b <= 2e+1*c.d", {"a.b": "21", "c.d": "1"}, False),
        (".5e1KiB >= glb.size", {"glb.size": "5KiB"}, True),
        ("glb.area <= 2mm2", {"glb.area": "1999999um2"}, True),
        ("glb.area < 2mm2", {"glb.area": "2000000um2"}, False),
        ("dram.bandwidth <= 1B/cycle", {"dram.bandwidth": "9b/cycle"}, False),
        ("glb.size <= 64KiB/a.b", {"glb.size": "32KiB", "a.b": "2"}, True),
    ],
)
def test_constraints(words: str, settings: dict[str, str], expected: bool) -> None:
    found = read_constraint(words, list(settings), dimensions=dimensions_of(settings.items()))
    assert found.holds(values_of(settings)) is expected
    assert found.needs_machine is False


def test_areas_are_in_square_millimetres() -> None:
    plain, named = (read_constraint(words, []) for words in ("area<=2", "area<=2000000um2"))
    for area in (1.9, 2.1):
        assert plain.holds({"area": area}) == named.holds({"area": area}) == (area < 2)
    assert plain.needs_machine


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ("latency<=3ms", 0.0029, True),
        ("latency<=3 ms", 0.0031, False),
        ("latency<=1e-2", 0.02, False),
        ("seconds<=250ns", 2.4e-7, True),
        ("power<=0.3W", 301, False),
        ("energy<=1uJ", 999_999, True),
        ("energy<=1uJ", 1_000_001, False),
    ],
)
def test_figures_have_units(words: str, value: float, expected: bool) -> None:
    found = read_constraint(words, [], MEASURES, {"energy": ENERGY})
    (name,) = found.names
    assert found.holds({name: value}) is expected


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("a.size>=32KB", "'KB'; expected a size in one of b, B, kB, MB, GB, KiB, MiB, GiB for"),
        ("a.size>=32KB", "write KiB"),
        ("a.size<=64kib", "did you mean 'KiB'?"),
        ("a.size<=64K", "'K'"),
        ("a.size<=100pJ", "'pJ'; expected a size in one of"),
        ("a.size<=8words", "'words'"),
        ("pes<=100kg", "'kg'; expected a number without a unit for 'pes'"),
        ("pes<=1e", "'e'"),
        ("area<=2cm2", "'cm2'; expected an area in one of mm2, um2 for 'area'"),
        ("energy<=1uJ", "'uJ'; expected a number without a unit for 'energy'"),
        ("cycles<=3ms", "'ms'"),
    ],
)
def test_units_that_fit_nothing(words: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_constraint(words, ["a.size"], MEASURES, dimensions_of([("a.size", "1KiB")]))
    assert str(caught.value).startswith(f"--where {words}: unknown unit ")
    assert complaint in str(caught.value)


def test_a_unit_of_two_things_with_other_worths() -> None:
    with pytest.raises(UsageError, match=r"'mm2' could be of area or of glb\.area"):
        read_constraint(
            "area<=glb.area*1mm2", ["glb.area"], dimensions=dimensions_of([("glb.area", "1mm2")])
        )


def test_values_in_words_and_in_bytes_are_not_compared() -> None:
    given_in = dimensions_of([("glb.size", "1KiB"), ("glb.size", "4096 words")])
    for words in ("glb.size<=2KiB", "glb.size<=100"):
        with pytest.raises(UsageError, match=r"'glb\.size' are in units of different kinds"):
            read_constraint(words, ["glb.size"], dimensions=given_in)
    read_constraint("area<=2mm2", ["glb.size"], dimensions=given_in)


def test_a_size_in_words_is_no_number_of_bits() -> None:
    settings = {"glb.size": "8 words"}
    given_in = dimensions_of(settings.items())
    for words in ("glb.size<=9", "glb.size<=9 words"):
        found = read_constraint(words, ["glb.size"], dimensions=given_in)
        assert found.holds(values_of(settings))
    with pytest.raises(UsageError, match="unknown unit 'KiB'; expected a number of words"):
        read_constraint("glb.size<=9KiB", ["glb.size"], dimensions=given_in)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("a.b<1e999", "out of range"),
        ("a.b", "not a constraint"),
        ("a.b<1<2", "not a constraint"),
        ("a.b<", "not a constraint"),
        ("a.b<__import__('os')", "'__import__' is not varied"),
        ("a.b<x.y", "'x.y' is not varied or set here; expected one of a.b, area, pes"),
        ("a.b/0<1", "divides by 0"),
        ("a.b**9**9<1", "not a constraint"),
    ],
)
def test_what_is_no_constraint(words: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_constraint(words, ["a.b"])
    assert complaint in str(caught.value)
    assert str(caught.value).startswith(f"--where {words}: ")


def test_a_constraint_on_what_is_no_number() -> None:
    found = read_constraint("technology<3", ["technology"])
    with pytest.raises(UsageError, match="'technology' is not a number at every point"):
        found.holds(values_of({"technology": "eyeriss-relative"}))


# --- which points ---------------------------------------------------------------------------------

SPACE = Space(2, 1, 3, read_parameters(["a.b=1:4:+1", "c.d,e.f=1:2,3:4"]))


def test_a_grid_has_every_point_once() -> None:
    points = list(chosen(SPACE, Design()))
    assert len(points) == len(set(points)) == 2 * 1 * 3 * 4 * 2
    assert points[0].settings == (("a.b", "1"), ("c.d", "1"), ("e.f", "2"))
    assert points[1].settings == (("a.b", "1"), ("c.d", "3"), ("e.f", "4"))


@pytest.mark.parametrize("kind", ["random", "latin"])
@given(number=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_designs_choose_points_of_the_grid_once(kind: str, number: int, seed: int) -> None:
    points = list(chosen(SPACE, Design(kind, number, seed)))
    assert points == list(chosen(SPACE, Design(kind, number, seed)))
    assert len(points) == len(set(points)) <= number
    assert set(points) <= set(chosen(SPACE, Design()))
    if kind == "random":
        assert len(points) == min(number, 48)


@given(seed=st.integers(0, 2**32), side=st.integers(1, 12))
def test_a_latin_hypercube_meets_every_value(seed: int, side: int) -> None:
    """With as many points as values, each value of each axis occurs exactly once."""
    space = Space(1, 1, 1, read_parameters([f"a.b=1:{side}:+1", f"c.d=1:{side}:+1"]))
    points = list(chosen(space, Design("latin", side, seed)))
    for axis in range(2):
        assert sorted(int(its.settings[axis][1]) for its in points) == list(range(1, side + 1))


def test_a_grid_has_a_limit_and_is_drawn_from_beyond_it() -> None:
    steps = [f"{name}=1:100000:+1" for name in ("a.b", "c.d", "e.f", "g.h")]
    large = Space(1, 1, 1, read_parameters(steps))
    with pytest.raises(UsageError) as caught:
        count(Space(1, 1, 1, read_parameters(steps[:2])), Design())
    assert str(caught.value).startswith(
        "the grid has 10,000,000,000 points; expected at most 10,000,000; take some of them:"
    )
    for kind in ("random", "latin"):
        assert count(large, Design(kind, 30)) == 30
        assert len({*chosen(large, Design(kind, 30))}) == 30
    assert count(SPACE, Design()) == len(list(chosen(SPACE, Design())))


def test_seeds_differ() -> None:
    rng = random.Random(0)
    drawn = {tuple(chosen(SPACE, Design("random", 5, rng.randrange(10**6)))) for _ in range(9)}
    assert len(drawn) > 1


def test_unwanted_points_are_left_out() -> None:
    found = read_constraint("a.b<=2", ["a.b"])
    points = list(chosen(SPACE, Design(), lambda its: found.holds(values_of(dict(its.settings)))))
    assert {values_of(dict(its.settings))["a.b"] for its in points} == {Fraction(1), Fraction(2)}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("gird",), "unknown design 'gird'"),
        (("grid", 3), "a grid has all of its points"),
        (("random",), "needs a number"),
        (("latin", 0), "points is 0"),
        (("latin", 2.5), "points is 2.5; expected a whole number"),
        (("random", 2, "a"), "seed is 'a'; expected a whole number"),
        (("random", 2, -1), "seed is -1; expected 0 or more"),
        (("latin", 10**8), "points is 100,000,000; expected at most 10,000,000"),
    ],
)
def test_designs_without_sense(arguments: tuple[str, int], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        Design(*arguments)
