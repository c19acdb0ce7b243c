"""A walk that begins while the client is made."""

import threading
from collections.abc import Generator
from contextlib import closing

from pt5_async.disk.early import AHEAD, begun
from pt5_async.disk.look import Found
from pt5_async.events import FolderSeen


class Walk:
    """A walk of `count` folders that notes how far it came, and its end."""

    def __init__(self, count: int) -> None:
        self.came = 0
        self.ended = threading.Event()
        self.found = [FolderSeen(str(n), 0, 0, 0) for n in range(count)]

    def __call__(self) -> Generator[Found, None, None]:
        try:
            for one in self.found:
                self.came += 1
                yield one
        finally:
            self.ended.set()


def test_all_is_found_in_order_whatever_was_found_early() -> None:
    walk = Walk(2 * AHEAD + 1)
    with begun(walk()) as early:
        assert list(early.found()) == walk.found


def test_it_is_under_way_before_anybody_asks_and_not_too_far() -> None:
    walk = Walk(2 * AHEAD)
    with begun(walk()):
        pass
    assert walk.ended.wait(5)
    assert walk.came == AHEAD


def test_a_walk_that_was_begun_to_be_taken_up_ends_with_its_taker() -> None:
    walk = Walk(2 * AHEAD)
    with begun(walk()) as early:
        with closing(early.found()) as found:
            next(found)
            assert not walk.ended.is_set()
        assert walk.ended.is_set()


def test_it_is_found_no_further_ahead_than_somebody_asks() -> None:
    asked = threading.Event()
    came: list[int] = []

    def slow() -> Generator[Found, None, None]:
        for number in range(AHEAD):
            came.append(number)
            yield FolderSeen(str(number), 0, 0, 0)
            asked.wait(30)

    with begun(slow()) as early:
        asking = threading.Thread(target=lambda: next(early.found()))
        asking.start()
        while not early._taken:
            pass
        asked.set()
        asking.join(5)
        assert not asking.is_alive()
        assert len(came) <= 2


def test_a_walk_that_hangs_keeps_nobody_from_ending() -> None:
    hanging = threading.Event()

    def hung() -> Generator[Found, None, None]:
        hanging.wait(30)
        yield FolderSeen("", 0, 0, 0)

    with begun(hung()):
        pass
    hanging.set()
