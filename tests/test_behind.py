"""Lines that wait for a disk, so that nobody else has to."""

import errno
import threading
import time

from commands import until

from pt5_async.cli.behind import Behind


class Disk:
    """Takes what is written, once it is let, and while it is not full."""

    def __init__(self) -> None:
        self.text = ""
        self.full = False
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def write(self, lines: bytes) -> None:
        self.asked.set()
        self.open.wait()
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.text += lines.decode()

    def behind(self, most: int = 100) -> Behind:
        return Behind(self.write, gap=lambda n: f"{n} lost", most=most)


def test_lines_are_written_in_order_and_the_last_ones_at_the_end() -> None:
    disk = Disk()
    behind = disk.behind()
    for number in range(50):
        behind.put(str(number))
    until(lambda: disk.text)
    behind.put("last")
    behind.close()

    assert disk.text.split() == [*map(str, range(50)), "last"]
    assert behind.trouble is None


def test_lines_appear_while_a_run_goes_on() -> None:
    disk = Disk()
    behind = disk.behind()
    for text in ("one\n", "one\ntwo\n"):
        behind.put(text.split()[-1])
        until(lambda text=text: disk.text == text)
    behind.close()


def test_who_puts_never_waits_and_memory_is_bounded() -> None:
    disk = Disk()
    disk.open.clear()
    behind = disk.behind(most=100)
    behind.put("first")
    disk.asked.wait()
    begun = time.monotonic()
    for number in range(1000):
        behind.put(str(number))
    assert time.monotonic() - begun < 1
    disk.open.set()
    behind.close()

    assert disk.text.split("\n") == [
        "first",
        *map(str, range(100)),
        "900 lost",
        "",
    ]


def test_a_full_disk_is_tried_again_and_what_is_lost_is_counted() -> None:
    disk = Disk()
    disk.full = True
    behind = disk.behind()
    for text in ("one", "two"):
        disk.asked.clear()
        behind.put(text)
        disk.asked.wait()
    until(lambda: behind.trouble)
    disk.full = False
    behind.put("three")
    behind.close()

    assert disk.text.endswith("three\n2 lost\n")
    assert isinstance(behind.trouble, OSError)
    assert behind.trouble.errno == errno.ENOSPC


def test_a_disk_that_hangs_is_not_waited_for_at_the_end() -> None:
    disk = Disk()
    disk.open.clear()
    behind = disk.behind()
    behind.put("never")
    behind.close(0.1)
    disk.open.set()

    assert isinstance(behind.trouble, TimeoutError)


class Late(threading.Event):
    """An event that is set just after somebody saw that it is not."""

    def __init__(self, behind: Behind) -> None:
        super().__init__()
        self.behind = behind

    def is_set(self) -> bool:
        seen = super().is_set()
        if not seen:
            self.set()
            self.behind._some.set()
        return seen


def test_who_ends_it_just_when_it_looks_for_that_does_not_wait() -> None:
    disk = Disk()
    behind = disk.behind()
    behind._end = Late(behind)
    behind.put("last")
    behind._thread.join(2)

    assert not behind._thread.is_alive()
    assert disk.text == "last\n"
