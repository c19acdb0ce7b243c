"""Two network namespaces of our own, and a bad link between them.

The kernel at hand has no netem, so packets pass through this process: out
of one namespace's TUN device, late, lost or in time, into the other's. The
store listens in the one, the command runs in the other; nothing of the
machine's own network is touched.
"""

import asyncio
import ctypes
import fcntl
import os
import random
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STORE_ADDRESS: Final = "10.99.0.2"
_HERE: Final = "10.99.0.1"
_CLONE_NEWNET: Final = 0x40000000
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN_NO_PI: Final = 0x0001 | 0x1000
_PATH: Final = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
_QUEUE: Final = 100
"""Packets that wait at most: a second of them, at 1 Mbit/s."""


@dataclass
class Weather:
    """What the link is like, and may be told otherwise at any time.

    `delay` is one way, in seconds; `loss` a share; `rate` in bit/s. With
    `down`, nothing passes. `passed` counts packets, `lost` those that did
    not.
    """

    delay: float
    loss: float
    rate: float
    down: bool = False
    passed: int = 0
    lost: int = 0


class _Way:
    """One direction: what comes from one device goes to the other."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ends: tuple[int, int],
        w: Weather,
    ) -> None:
        self._loop, self._weather = loop, w
        self._from, self._to = ends
        self._free = 0.0
        self._waiting = 0
        loop.add_reader(self._from, self._packets)

    def _packets(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self._packet(os.read(self._from, 65536))

    def _packet(self, packet: bytes) -> None:
        w = self._weather
        unlucky = w.down or random.random() < w.loss
        if unlucky or self._waiting >= _QUEUE:
            w.lost += 1
            return
        self._free = max(self._free, self._loop.time())
        self._free += len(packet) * 8 / w.rate
        self._waiting += 1
        self._loop.call_at(self._free + w.delay, self._arrives, packet)

    def _arrives(self, packet: bytes) -> None:
        self._waiting -= 1
        self._weather.passed += 1
        with suppress(OSError):
            os.write(self._to, packet)


class BadLink:
    """A link that is up; `shore` and `pier` are its two namespaces."""

    def __init__(self, shore: str, pier: str, weather: Weather) -> None:
        self.shore, self.pier, self.weather = shore, pier, weather
        self._ends = (_tun(pier, _HERE), _tun(shore, STORE_ADDRESS))
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="bad-link")
        self._thread.start()

    def _run(self) -> None:
        one, other = self._ends
        _Way(self._loop, (one, other), self.weather)
        _Way(self._loop, (other, one), self.weather)
        self._loop.run_forever()

    def listener(self) -> socket.socket:
        """A socket that listens on the shore."""
        with _inside(self.shore):
            return socket.create_server((STORE_ADDRESS, 0), backlog=1024)

    def on_the_pier(self, *words: object) -> list[object]:
        """The command line that runs `words` at the other end."""
        return ["ip", "netns", "exec", self.pier, *words]

    def reset_after(self, size: int) -> None:
        """Have each connection from the pier reset once it sent so much."""
        count = "net.netfilter.nf_conntrack_acct=1"
        _ip("netns", "exec", self.pier, "sysctl", "-qw", count)
        rules = (
            "table inet pt5 { chain out { type filter hook output priority 0;"
            f" meta l4proto tcp ip daddr {STORE_ADDRESS} ct original bytes"
            f" > {size} counter reject with tcp reset; }}; }};"
        )
        _ip("netns", "exec", self.pier, "nft", rules)

    @property
    def resets(self) -> int:
        """How many packets were answered by a reset."""
        told = _ip("netns", "exec", self.pier, "nft", "list", "ruleset")
        return int(told.split("counter packets ")[1].split()[0])

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for end in self._ends:
            os.close(end)


def resets_possible() -> bool:
    """Whether connections can be reset on their way, too."""
    return possible() and shutil.which("nft", path=_PATH) is not None


def possible() -> bool:
    """Whether this machine lets us make namespaces and devices."""
    return (
        os.access("/dev/net/tun", os.W_OK)
        and os.geteuid() == 0
        and any(Path(p, "ip").exists() for p in ("/usr/sbin", "/sbin"))
    )


@contextmanager
def bad_link(weather: Weather) -> Iterator[BadLink]:
    """Two namespaces and the link, until the block ends."""
    names = [f"pt5-{os.getpid()}-{end}" for end in ("shore", "pier")]
    made: list[str] = []
    try:
        for name in names:
            _ip("netns", "add", name)
            made.append(name)
        link = BadLink(*names, weather)
        try:
            yield link
        finally:
            link.close()
    finally:
        for name in made:
            _ip("netns", "del", name)


def _ip(*words: str) -> str:
    """What `ip` says."""
    told = subprocess.run(
        ["ip", *words],
        check=True,
        env={"PATH": _PATH},
        stdout=subprocess.PIPE,
        text=True,
    )
    return told.stdout


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """This thread, in a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        assert not libc.setns(there, _CLONE_NEWNET), ctypes.get_errno()
        yield
    finally:
        assert not libc.setns(home, _CLONE_NEWNET), ctypes.get_errno()
        os.close(home)
        os.close(there)


def _tun(namespace: str, address: str) -> int:
    with _inside(namespace):
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        wish = struct.pack("16sH", b"bad0", _IFF_TUN_NO_PI)
        fcntl.ioctl(end, _TUNSETIFF, wish)
        _ip("addr", "add", f"{address}/24", "dev", "bad0")
        _ip("link", "set", "bad0", "up", "mtu", "1500")
        _ip("link", "set", "lo", "up")
    return end
