"""What files and disks may do, and what comes of the file and of the run."""

import asyncio
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from catalogue import ADC, HDR, LARGE, ROI, Voyage, row
from commands import bodies, files_below
from disks import small_disk
from runs import big_bin, bin_bytes, names, touch, write, write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async import Stop, errors
from pt5_async.ifcb.layout import Layout
from pt5_async.model import Held, Hold, Skip, Skipped, Uploaded

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other system: Linux's own"
)
NOBODY = 65534


@pytest.fixture
def voyage(tmp_path: Path, scripted: ScriptedServer, lane: str) -> Voyage:
    return Voyage(tmp_path, scripted, lane)


async def run_and(voyage: Voyage, do: Callable[[], object], **more: object):
    """A run in which `do` happens while the first bin is on its way."""
    gate = voyage.server.gate(Op.PUT, f"p/{names(0)[0]}")
    running = asyncio.ensure_future(voyage.run(**more))
    await gate.wait()
    do()
    gate.release()
    return await running


# ---- gone, closed


@row("vanished")
async def test_a_file_that_is_gone_fails_with_its_bin(voyage: Voyage) -> None:
    roi = voyage.tree / ROI
    summary = await run_and(voyage, roi.unlink)
    assert isinstance(voyage.error(ROI), errors.SourceVanished)
    assert (summary.uploaded.files, summary.failed.files) == (6, 3)
    assert not any(ADC in key for key in voyage.server.objects)


@row("unreadable")
@linux
async def test_what_may_not_be_read_fails_and_others_go_on(
    scripted: ScriptedServer, lane: str, public: Path
) -> None:
    voyage = Voyage(public, scripted, lane)
    voyage.state.mkdir(mode=0o777)
    voyage.state.chmod(0o777)
    write_bin(voyage.tree / "shut", 5)
    (voyage.tree / ROI).chmod(0)
    (voyage.tree / "shut").chmod(0)
    with nobody():
        summary = await voyage.run()
    assert summary.failed.files == 4
    assert isinstance(voyage.error(ROI), errors.SourceUnreadable)
    assert isinstance(voyage.error("shut"), errors.SourceUnreadable)
    assert os.strerror(errno.EACCES) in str(voyage.error(ROI))
    assert summary.uploaded.files == 6


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory(prefix="pt5-public-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


class nobody:  # noqa: N801 - reads as what it is
    """For a while, all threads of this process are nobody's, if it may."""

    def __enter__(self) -> None:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    def __exit__(self, *_: object) -> None:
        if os.getuid() == 0:
            os.seteuid(0)


# ---- changed


def grows(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shrinks(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def is_replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[::-1])
    other.replace(path)


def is_touched(path: Path) -> None:
    touch(path, age=7000)


def is_a_link_now(path: Path) -> None:
    moved = path.parent.parent / "moved"
    path.rename(moved)
    path.symlink_to(moved)


CHANGES = [grows, shrinks, is_replaced, is_touched, is_a_link_now]


@row("changed")
@pytest.mark.parametrize("change", CHANGES)
async def test_a_file_that_changed_since_the_walk_is_held(
    voyage: Voyage, change: Callable[[Path], None]
) -> None:
    summary = await run_and(voyage, lambda: change(voyage.tree / ROI))
    outcome = voyage.outcome(ROI)
    assert isinstance(outcome, Held)
    assert outcome.reason is Hold.SETTLING
    assert (summary.uploaded.files, summary.held.files) == (6, 3)
    assert f"p/{ADC}" not in voyage.server.objects


@row("changed")
@pytest.mark.parametrize("change", CHANGES[:-1])
async def test_a_large_file_that_changes_while_it_is_read_leaves_no_parts(
    tmp_path: Path,
    scripted: ScriptedServer,
    lane: str,
    change: Callable[[Path], None],
) -> None:
    voyage = Voyage(tmp_path, scripted, lane, bins=0)
    paths = write_bin(voyage.tree, 1, made=big_bin(LARGE))
    gate = scripted.gate(Op.PART, part=1)
    running = asyncio.ensure_future(voyage.run())
    await gate.wait()
    change(next(iter(paths.values())))
    gate.release()
    summary = await running
    outcome = voyage.outcome(ROI)
    if change is is_replaced:
        # The file that was opened is still whole, and so is what was sent.
        assert isinstance(outcome, Uploaded)
        assert bodies(scripted)[ROI] == big_bin(LARGE).roi
    else:
        assert isinstance(outcome, Held)
        assert outcome.reason is Hold.SETTLING
        assert summary.uploaded.files == 1
        assert set(bodies(scripted)) == {HDR}
    assert not scripted.uploads


class Disk:
    """What `os.open` and `os.read` do with one file, and with others."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, end: str, do: Callable[[], None]
    ) -> None:
        self._end, self._do = end, do
        self._open, self._read = os.open, os.read
        self._preadv = os.preadv
        self._of: set[int] = set()
        monkeypatch.setattr(os, "open", self.open)
        monkeypatch.setattr(os, "read", self.read)
        monkeypatch.setattr(os, "preadv", self.preadv)

    def open(self, path: object, *args: object, **more: object) -> int:
        handle = self._open(path, *args, **more)  # type: ignore[arg-type]
        if str(path).endswith(self._end):
            self._of.add(handle)
        else:
            self._of.discard(handle)
        return handle

    def preadv(self, handle: int, *args: object) -> int:
        if handle in self._of:  # nothing of it is in the cache
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return self._preadv(handle, *args)  # type: ignore[arg-type]

    def read(self, handle: int, size: int) -> bytes:
        if handle in self._of:
            self._do()
        return self._read(handle, size)


@row("changed")
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EIO, errors.SourceUnreadable),
        (errno.ESTALE, errors.SourceVanished),
    ],
)
async def test_a_disk_that_errs_fails_the_file_and_is_quoted(
    voyage: Voyage,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
) -> None:
    def err() -> None:
        raise OSError(number, os.strerror(number))

    Disk(monkeypatch, ROI, err)
    summary = await voyage.run()
    monkeypatch.undo()
    assert type(voyage.error(ROI)) is kind
    if number == errno.EIO:
        assert os.strerror(number) in str(voyage.error(ROI))
    assert (summary.uploaded.files, summary.failed.files) == (6, 3)
    assert await voyage.ends_well()


# ---- in use


@row("in use")
@linux
async def test_a_file_that_another_program_has_for_itself_is_held(
    voyage: Voyage,
) -> None:
    # A lease: so does Samba lend a file to a client.
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    with (voyage.tree / ROI).open("rb+") as file:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        summary = await voyage.run()
    signal.signal(signal.SIGIO, before)
    outcome = voyage.outcome(ROI)
    assert isinstance(outcome, Held)
    assert outcome.reason is Hold.SETTLING
    assert "in use by another program" in outcome.detail
    assert (summary.uploaded.files, summary.failed.files) == (6, 0)
    assert await voyage.ends_well()


# ---- a read that hangs


@row("hung read")
@pytest.mark.parametrize("large", [False, True])
async def test_a_read_that_hangs_is_named_and_holds_up_nobody(
    tmp_path: Path,
    scripted: ScriptedServer,
    lane: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    large: bool,
) -> None:
    monkeypatch.setattr("pt5_async.slow.SECONDS", 0.3)
    voyage = Voyage(tmp_path, scripted, lane)
    if large:
        write_bin(voyage.tree, 1, made=big_bin(LARGE))
    answers, stop = threading.Event(), Stop()
    Disk(monkeypatch, ROI, lambda: answers.wait(60) and None)
    if large:
        really = os.open

        def opening(path: object, *args: object, **more: object) -> int:
            if str(path).endswith(ROI):
                answers.wait(60)
            return really(path, *args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", opening)
    running = asyncio.ensure_future(voyage.run(stop=stop, concurrency=3))
    try:
        async with asyncio.timeout(20):
            while not voyage.tell.notices():
                await asyncio.sleep(0.05)
        begun = time.monotonic()
        stop.finish()
        stop.at_once()
        summary = await running
    finally:
        answers.set()
    assert time.monotonic() - begun < 3
    [notice] = voyage.tell.notices()
    assert notice.startswith(f"{ROI}: not read after 0.3 s; ")
    assert summary.uploaded.files == 6
    assert summary.held_by[Hold.NOT_REACHED].files == 3
    monkeypatch.undo()
    assert await voyage.ends_well()


# ---- odd files and names


@row("empty")
async def test_empty_files_and_files_with_holes_are_sent_as_they_read(
    voyage: Voyage,
) -> None:
    write(voyage.tree / "nothing", b"")
    write_bin(voyage.tree, 7, made=bin_bytes(rois=0))
    for name, size in (("hole", 300_000), ("wide", LARGE * 1024 * 1024)):
        write(voyage.tree / name, b"begin")
        os.truncate(voyage.tree / name, size)
        touch(voyage.tree / name, age=7200)
    summary = await voyage.run(all_files=True)
    assert summary.uploaded.files == 15
    assert voyage.arrived()


@row("special")
@linux
async def test_what_is_no_file_is_left_and_never_opened(
    voyage: Voyage,
) -> None:
    os.mkfifo(voyage.tree / "pipe")
    (voyage.tree / "nowhere").symlink_to("none")
    (voyage.tree / "circle").symlink_to("circle")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(voyage.tree / "s"))
    (voyage.tree / ROI).unlink()
    os.mkfifo(voyage.tree / ROI)
    async with asyncio.timeout(10):
        summary = await voyage.run(all_files=True)
    reasons = {
        name: outcome.reason
        for name, outcome in voyage.tell.outcomes().items()
        if isinstance(outcome, Skipped)
    }
    assert reasons == {
        "pipe": Skip.SPECIAL,
        "s": Skip.SPECIAL,
        ROI: Skip.SPECIAL,
        "nowhere": Skip.LINK,
        "circle": Skip.LINK,
    }
    assert summary.failed.files == 0
    assert isinstance(voyage.outcome(ADC), Held), "a bin without its .roi"


@row("not UTF-8", "hostile names", "too long")
@linux
async def test_names_that_cannot_be_keys_fail_and_are_never_asked_for(
    voyage: Voyage,
) -> None:
    bad = [b"n\xf6tes", b"two\nlines", b"\x1b[31mred", b"a\x7f"]
    for name in bad:
        write(voyage.tree / os.fsdecode(name))
    folder = voyage.tree
    for _ in range(5):
        folder /= "long" * 50
    write(folder / ("f" * 200))
    summary = await voyage.run(all_files=True)
    assert summary.failed.files == len(bad) + 1
    for name in bad:
        error = voyage.error(os.fsdecode(name))
        assert isinstance(error, errors.NameRefused)
    assert summary.uploaded.files == 9
    asked = {one.key for one in voyage.server.log if one.op == Op.PUT}
    assert asked == {f"p/{n}" for k in range(3) for n in names(k)}


@row("hostile names")
async def test_twins_in_unicode_and_case_have_a_key_each(
    voyage: Voyage,
) -> None:
    twins = ["caf\u00e9", "cafe\u0301", "Notes", "notes", "=1+1", "\u202egpj"]
    for number, name in enumerate(twins):
        write(voyage.tree / name, bytes([number]))
    summary = await voyage.run(all_files=True)
    assert summary.failed.files == 0
    assert bodies(voyage.server) == files_below(voyage.tree)
    assert len(files_below(voyage.tree)) == 9 + len(twins)


@row("hostile names")
async def test_rivals_for_one_key_are_named_before_either_is_replaced(
    voyage: Voyage,
) -> None:
    write_bin(voyage.tree / "copy", 1)
    write_bin(voyage.tree / "other", 1, made=bin_bytes(rois=5))
    summary = await voyage.run(layout=Layout.DAY)
    assert summary.skipped_by[Skip.DUPLICATE].files == 3
    assert isinstance(voyage.error(f"other/{ROI}"), errors.NameRefused)
    assert summary.uploaded.files == 9


# ---- no more open files


LIMITED = """
import asyncio, resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from catalogue import Voyage
from fakes import Recorder
from servers.endpoint import Endpoint
from pt5_async.settings import Lane
class Server:
    url = sys.argv[3]
voyage = Voyage.__new__(Voyage)
voyage.tree = Path(sys.argv[2], "tree")
voyage.state = Path(sys.argv[2], "state")
voyage.server, voyage.lane = Server, Lane(sys.argv[4])
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[5]),) * 2)
summary = asyncio.run(voyage.run(concurrency=32))
print(summary.uploaded.files, summary.failed.files)
for failed in summary.failures:
    print(failed.error)
"""


@row("open files")
@linux
async def test_where_no_more_files_can_be_opened_others_are_waited_for(
    tmp_path: Path, scripted: ScriptedServer, lane: str
) -> None:
    voyage = Voyage(tmp_path, scripted, lane, bins=60)
    done = await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-c", LIMITED, Path(__file__).parent),
            *(tmp_path, scripted.url, lane, "40"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "180 0\n", done
    assert voyage.arrived()


# ---- not mounted


@row("unmounted")
@linux
async def test_a_source_that_is_not_mounted_ends_the_run(
    tmp_path: Path, scripted: ScriptedServer, lane: str
) -> None:
    voyage = Voyage(tmp_path, scripted, lane, bins=0)
    with small_disk(voyage.tree):
        write_bin(voyage.tree)
        await voyage.run()
    seen = len(scripted.log)
    with pytest.raises(errors.SourceEmpty, match="is its disk mounted"):
        await voyage.run()
    assert len(scripted.log) == seen, "the store was not asked"


# ---- the clock


@row("clock jumps")
@linux
async def test_another_time_zone_and_a_file_from_the_future_cost_nothing(
    voyage: Voyage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await voyage.run()
    seen = len(voyage.server.log)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        await voyage.run()
        assert len(voyage.server.log) == seen, "the same moments, nothing new"
        write_bin(voyage.tree, 8, age=-86400)
        await voyage.run()
        assert isinstance(voyage.outcome(names(8)[0]), Held)
        assert not [one for one in voyage.server.log[seen:] if one.size]
    finally:
        monkeypatch.undo()
        time.tzset()
