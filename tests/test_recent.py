from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

from accelsim.recent import Firsts, Recent


def test_the_least_recently_used_gives_way() -> None:
    kept = Recent[str, int](room=3)
    for number, key in enumerate("abc"):
        kept.put(key, number)
    assert kept.get("a") == 0  # used again
    kept.put("b", 7)  # and so is this
    kept.put("d", 3)
    assert [kept.get(key) for key in "abcd"] == [0, 7, None, 3]


def test_threads_may_share_one() -> None:
    kept = Recent[int, int](room=8)

    def use(thread: int) -> bool:
        for turn in range(5_000):
            key = (turn * (thread + 1)) % 16
            kept.put(key, key)
            if kept.get(key) not in (key, None):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(use, range(4)))
    assert sum(kept.get(key) is not None for key in range(16)) == 8


def test_of_equal_values_the_first_is_kept_among_the_latest() -> None:
    kept = Firsts[str, list[int]](room=1, each=2)
    one, two = [1], [2]
    assert kept.first("a", one) is one
    assert kept.first("a", two) is two
    assert kept.first("a", [1]) is one  # used again
    three = [3]
    assert kept.first("a", three) is three  # instead of 2
    assert kept.first("a", [1]) is one
    assert kept.first("a", again := [2]) is again
    assert kept.first("b", other := [1]) is other  # instead of all of "a"
    assert kept.first("a", [1]) is not one


def test_what_is_sent_elsewhere_knows_nothing_yet() -> None:
    kept = Recent[str, int](room=1)
    kept.put("a", 1)
    sent = pickle.loads(pickle.dumps(kept))
    assert sent.get("a") is None
    for key in "bc":
        sent.put(key, 2)
    assert (sent.get("b"), sent.get("c")) == (None, 2)
