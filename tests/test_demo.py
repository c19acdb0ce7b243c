import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from commands import Pier, until

from pt5_async.cli import leash
from pt5_async.cli.demo import TARGET, run_demo
from pt5_async.cli.demo_check import (
    wrong_in_first,
    wrong_in_second,
    wrong_in_store,
)
from pt5_async.cli.demo_folder import MARK, DemoFolder, claim, clear
from pt5_async.cli.demo_store import as_nobody, server_program
from pt5_async.cli.demo_tree import (
    NOTES,
    DemoBin,
    Fate,
    to_be_sent,
    weeks,
    write_bins,
)
from pt5_async.cli.demo_words import wrong
from pt5_async.errors import RunBusy, StoreUnreachable, UsageError
from pt5_async.fold import SummaryFold
from pt5_async.ifcb.names import Kind, Member, parse_name
from pt5_async.ifcb.verdict import Judgement, Verdict, judge
from pt5_async.lock import hold
from pt5_async.model import Hold, Skip
from pt5_async.report.making import HTML
from pt5_async.summary import Count, Summary

SCRIPT = (
    "import sys\n"
    "from pathlib import Path\n"
    "from pt5_async.cli.demo import run_demo\n"
    "folder = Path(sys.argv[2]) if sys.argv[2:] else None\n"
    "sys.exit(run_demo(folder, days=float(sys.argv[1])))\n"
)
DAY = 1.0
NOW = datetime(2026, 11, 22, 18, 0, 30, tzinfo=UTC)

only_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other system: no /proc"
)


@dataclass(frozen=True)
class Played:
    folder: Path
    code: int
    out: str
    err: str
    begun: float
    ended: float

    @property
    def tree(self) -> Path:
        return self.folder / "instrument"

    @property
    def objects(self) -> Path:
        return self.folder / "store" / TARGET.bucket / TARGET.prefix


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", SCRIPT, *map(str, arguments)]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A whole demo, on the machine of somebody with settings of his own."""
    home = tmp_path_factory.mktemp("demo")
    foreign = {
        "AWS_PROFILE": "ghost",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "RCLONE_READ_ONLY": "true",
    }
    begun = time.time()
    done = subprocess.run(
        command(DAY),
        cwd=home,
        env=os.environ | foreign,
        capture_output=True,
        text=True,
        check=False,
    )
    return Played(
        home / "pt5-demo",
        done.returncode,
        done.stdout,
        done.stderr,
        begun,
        time.time(),
    )


def content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def bins_in(files: dict[str, bytes]) -> dict[str, tuple[Verdict, float]]:
    """Each bin's stem with the verdict on it, as anyone would find them."""
    members: dict[str, dict[Kind, bytes]] = {}
    for name, data in files.items():
        parsed = parse_name(name.rpartition("/")[2])
        if isinstance(parsed, Member):
            stem = name.removesuffix(f".{parsed.kind}")
            members.setdefault(stem, {})[parsed.kind] = data
    verdicts = {}
    for stem, data_by in members.items():
        parsed = parse_name(stem.rpartition("/")[2] + ".adc")
        assert isinstance(parsed, Member)
        roi = data_by.get(Kind.ROI)
        verdict = judge(
            parsed.pid,
            hdr=data_by.get(Kind.HDR),
            adc=data_by.get(Kind.ADC),
            roi_size=None if roi is None else len(roi),
            thorough=True,
        )
        verdicts[stem] = verdict, parsed.pid.time.timestamp()
    return verdicts


def servers(folder: Path) -> list[str]:
    """Command lines that name `folder`: its server, and what holds it."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{folder.resolve()}/" in line:
            found.append(line)
    return found


def gone(folder: Path, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while servers(folder) and time.monotonic() < until:
        time.sleep(0.02)
    return not servers(folder)


# ---- a demo, from its beginning to its end


def test_a_demo_tells_its_story_and_exits_with_0(played: Played) -> None:
    assert played.code == 0, played.out + played.err
    steps = [
        line
        for line in played.out.splitlines()
        if line[:2] in {"1.", "2.", "3.", "4.", "5.", "6.", "7.", "Lo"}
    ]
    assert [step[:2] for step in steps] == [
        *("1.", "2.", "3.", "4.", "5.", "6.", "7.", "Lo"),
    ]
    sent = len(content(played.objects))
    assert f"Total Files: {sent}\n" in played.out
    assert "Total Files: 0\n" in played.out
    assert f"{sent} skipped by the journal, store not asked" in played.out
    assert "Not all is safe: 5 broken here." in played.out
    assert HTML in (played.folder / "report.html").read_bytes()[:1000]
    for place in ("instrument", "store/plankton/IFCB999", "state"):
        assert (played.folder / place).is_dir()
        assert f"pt5-demo/{place}\n" in played.out


def test_the_storys_own_lines_fit_a_terminal_of_80(played: Played) -> None:
    own = [line for line in played.out.splitlines() if line[:3] == "   "]
    assert own
    assert max(map(len, own)) <= 80


def test_every_whole_bin_is_in_the_store_bit_for_bit_and_no_other(
    played: Played,
) -> None:
    files, objects = content(played.tree), content(played.objects)
    bins = bins_in(files)
    young = {
        stem
        for stem in bins
        if (played.tree / f"{stem}.adc").stat().st_mtime > played.begun
    }
    whole = {
        stem
        for stem, (verdict, _) in bins.items()
        if verdict.judgement in {Judgement.COMPLETE, Judgement.EMPTY}
    }
    assert len(young) == 2
    assert len(whole & young) == 1
    assert objects == {
        f"{stem}.{kind}": files[f"{stem}.{kind}"]
        for stem in whole - young
        for kind in Kind
    }


def test_the_bins_end_now_and_are_dated_when_their_runs_ended(
    played: Played,
) -> None:
    bins = bins_in(content(played.tree))
    starts = sorted(start for _, start in bins.values())
    assert len(starts) == int(DAY * 24 * 60 / 23)
    assert {b - a for a, b in pairwise(starts)} == {1380}
    assert played.begun - 1800 < starts[-1] < played.begun
    for stem, (verdict, start) in bins.items():
        file = played.tree / f"{stem}.adc"
        folder = datetime.fromtimestamp(start, UTC).strftime("%Y/D%Y%m%d")
        assert file.parent.as_posix().endswith(folder)
        if start in starts[-2:]:
            assert played.begun < file.stat().st_mtime < played.ended
        else:
            assert file.stat().st_mtime == start + 1200, verdict


def test_one_roi_is_large_enough_to_go_up_in_parts(played: Played) -> None:
    objects = content(played.objects)
    assert max(map(len, objects.values())) > 16 * 1024 * 1024
    for root in (played.tree, played.objects):
        assert sum(map(len, content(root).values())) < 100_000_000


@only_linux
def test_no_server_is_left_behind(played: Played) -> None:
    assert played.code == 0
    assert servers(played.folder) == []


@only_linux
def test_a_demo_can_be_run_again_in_its_folder_and_shows_a_bar(
    tmp_path: Path,
) -> None:
    import termios

    folder = tmp_path / "again"
    place = claim(folder)
    clear(place)
    yesterday = weeks(datetime.now(UTC) - timedelta(days=9), 0.5)
    write_bins(place.tree, yesterday)
    write_bins(place.store / TARGET.bucket, yesterday)
    (folder / "mine.txt").write_text("I wrote this")
    (place.tree / ".DS_Store").write_bytes(b"a desktop did this")
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    with ExitStack() as stack:
        stack.callback(os.close, master)
        process = subprocess.Popen(
            command(0.5, folder), stdout=subprocess.PIPE, stderr=slave
        )
        os.close(slave)
        shown: list[bytes] = []
        reader = threading.Thread(target=drain, args=(master, shown))
        reader.start()
        out, _ = process.communicate()
        reader.join()
    assert process.returncode == 0, out
    assert b"%" in b"".join(shown)
    assert (folder / "mine.txt").read_text() == "I wrote this"
    left = {one.pid.text for one in yesterday}
    for name in [*content(place.tree), *content(place.store)]:
        assert name.rpartition("/")[2].partition(".")[0] not in left


def drain(descriptor: int, into: list[bytes]) -> None:
    try:
        while data := os.read(descriptor, 4096):
            into.append(data)
    except OSError:  # Linux says so when the other side is closed
        pass


def test_a_demo_that_finds_a_strange_object_says_so_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "rclone"
    program.write_text(
        "#!/bin/sh\n"
        'for data; do :; done; mkdir -p "$data/plankton/IFCB999"\n'
        'echo "not sent" > "$data/plankton/IFCB999/strange"\n'
        f'exec {server_program()} "$@"\n'
    )
    program.chmod(0o755)
    code = run_demo(
        tmp_path / "demo", quiet=True, days=0.5, program=lambda: program
    )
    said = capsys.readouterr()
    assert code == 1
    assert said.out == ""
    assert "strange is in the store and was not to be sent" in said.err


def test_of_many_troubles_the_first_are_told_and_the_others_counted() -> None:
    said = [one.text for one in wrong([f"file {n}" for n in range(50)])]
    assert "  file 0" in said
    assert "  and 30 more" in said
    assert "  file 20" not in said


# ---- ends before the end


def wait_for_objects(store: Path) -> None:
    """Wait until an upload is in full swing."""
    until = time.monotonic() + 30
    while len(list(store.rglob("*.adc"))) < 20:
        assert time.monotonic() < until
        time.sleep(0.02)


@only_linux
@pytest.mark.parametrize(
    ("signum", "code", "moment"),
    [
        (signal.SIGINT, 130, "Everything is in"),
        (signal.SIGINT, 130, "$ pt5-async upload"),
        (signal.SIGTERM, 143, "$ pt5-async upload"),
        (signal.SIGKILL, -9, "$ pt5-async upload"),
    ],
)
def test_a_demo_that_is_stopped_leaves_no_server(
    tmp_path: Path, signum: signal.Signals, code: int, moment: str
) -> None:
    # Like Ctrl-C, to the whole group; its end is seen on a pipe.
    with subprocess.Popen(
        command(14, tmp_path / "demo"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if moment in line:
                break
        if moment.startswith("$"):
            wait_for_objects(tmp_path / "demo" / "store")
        before = servers(tmp_path / "demo")
        os.killpg(process.pid, signum)
        rest = process.stdout.read()
        said = process.stderr.read()
        assert process.wait() == code, said
    assert bool(before) == moment.startswith("$")
    # Everybody on the machine can read these lines.
    assert not any("auth-key" in line for line in before)
    assert gone(tmp_path / "demo", 5.0 if code < 0 else 0.0)
    if code > 0:
        assert "Traceback" not in said
        assert "the server has ended" in said
        assert "Failed" not in rest, "the server must outlive a first Ctrl-C"
    # Whatever was left half done, the next demo can begin.
    clear(claim(tmp_path / "demo"))


def test_a_program_that_ignores_the_end_is_killed(tmp_path: Path) -> None:
    deaf = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, leash.__file__, sys.executable, "-c", deaf],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        # The pipe ends when both are gone, and not before.
        assert process.stdout.read() == b""
        assert process.wait(1) != 0


def test_a_server_that_does_not_start_is_an_error_with_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "rclone"
    program.write_text("#!/bin/sh\necho no such flag; exit 3\n")
    program.chmod(0o755)
    with pytest.raises(StoreUnreachable, match="no such flag"):
        run_demo(tmp_path / "demo", days=0.5, program=lambda: program)


def test_a_server_that_cannot_be_run_is_an_error_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "rclone"
    with pytest.raises(StoreUnreachable, match=f"cannot run {program}: No "):
        run_demo(tmp_path / "demo", days=0.5, program=lambda: program)


# ---- the server's program


def test_the_program_is_found_without_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert os.access(server_program(), os.X_OK)


def test_a_program_that_is_not_installed_is_an_error_with_the_way_out(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"pip install 'pt5-async\[demo\]'"):
        run_demo(
            tmp_path / "demo", program=lambda: server_program("no-such-wheel")
        )
    assert not (tmp_path / "demo").exists()


def test_a_wheel_without_the_program_leads_to_the_scripts_folder() -> None:
    # pytest's wheel has no rclone, and both are installed side by side.
    assert server_program("pytest") == server_program()


# ---- its folder


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("years of work")
    with pytest.raises(UsageError, match="was not made by the demo"):
        run_demo(tmp_path, days=0.5)
    assert content(tmp_path) == {"mine.txt": b"years of work"}


def test_the_command_exits_with_2_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("years of work")
    program = Path(sysconfig.get_path("scripts")) / "pt5-async"
    done = subprocess.run(
        [program, "demo", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{tmp_path} was not made by the demo" in done.stderr
    assert "pt5-async demo FOLDER" in done.stderr


@pytest.mark.parametrize("words", [("--color", "always"), ("--quiet",)])
def test_the_command_says_as_much_as_is_wanted_in_the_colours_wanted(
    tmp_path: Path, clean_environment: Path, words: tuple[str, ...]
) -> None:
    pier = Pier(tmp_path, clean_environment)
    folder = pier.root / "demo"
    with pier.running("demo", folder, *words) as running:
        until((folder / "store" / TARGET.bucket).exists)
        running.signal(signal.SIGINT)
        done = running.end()
    assert done.code == 130
    assert "Traceback" not in done.err
    if words == ("--quiet",):
        assert done.out == ""
    else:
        assert "\x1b[" in done.out


def test_a_mark_with_other_words_is_no_mark(tmp_path: Path) -> None:
    (tmp_path / MARK).write_text("I only copied the name")
    with pytest.raises(UsageError, match="was not made by the demo"):
        claim(tmp_path)


@pytest.mark.parametrize("part", ["instrument", "store"])
@pytest.mark.parametrize(
    "name", ["D20130526T095207_IFCB013.roi", "sub/notes.txt"]
)
def test_nothing_is_deleted_where_somebody_put_a_file_of_his_own(
    tmp_path: Path, part: str, name: str
) -> None:
    place = DemoFolder(tmp_path)
    clear(claim(tmp_path))
    write_bins(place.tree, weeks(NOW, 0.5)[:3])
    mine = tmp_path / part / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    before = content(tmp_path)
    with pytest.raises(UsageError, match=f"{name} was not made by the demo"):
        run_demo(tmp_path, days=0.5)
    assert before.items() <= content(tmp_path).items()


def test_a_link_in_the_folder_is_somebodys_own(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = claim(tmp_path / "demo")
    clear(place)
    (place.tree / "linked").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="linked was not made by the demo"):
        clear(place)


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match=r"file/demo: Not a directory"):
        run_demo(file / "demo")


def test_two_demos_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    place = claim(tmp_path / "demo")
    clear(place)
    (place.tree / NOTES).write_text("of the first")
    with (
        hold(place.root, endpoint="the demo", bucket=TARGET.bucket),
        pytest.raises(RunBusy),
    ):
        run_demo(place.root, days=0.5)
    assert (place.tree / NOTES).read_text() == "of the first"


def test_the_environment_is_as_before_when_nobody_was_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("no_proxy", "example.org")
    before = dict(os.environ)
    with as_nobody():
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["no_proxy"] == "127.0.0.1"
    assert dict(os.environ) == before


# ---- two weeks


def test_two_weeks_have_a_bin_every_23_minutes_and_every_fate() -> None:
    bins = weeks(NOW, 14)
    times = [one.pid.time for one in bins]
    assert len(bins) == 876
    assert times == sorted(times)
    assert NOW - timedelta(minutes=22) < times[-1] < NOW
    assert {one.fate for one in bins} == set(Fate)
    assert all(one.pid.strict for one in bins)
    assert len({one.pid for one in bins}) == len(bins)


def test_what_is_held_is_few_enough_to_be_named_in_a_summary() -> None:
    bins = weeks(NOW, 14)
    sent = set(to_be_sent(bins))
    assert sum(len(one.files) for one in bins) - len(sent) <= 20


@pytest.mark.parametrize("days", [0.5, 1, 14, 30])
def test_what_is_broken_was_left_alone_for_hours(days: float) -> None:
    for one in weeks(NOW, days):
        if one.fate not in {
            Fate.WHOLE,
            Fate.EMPTY,
            Fate.JUST_COPIED,
            Fate.GROWING,
        }:
            ended = one.pid.time + timedelta(minutes=20)
            assert NOW - ended > timedelta(minutes=90)


# ---- what the demo holds itself against


@pytest.fixture
def bins() -> tuple[DemoBin, ...]:
    return weeks(NOW, DAY)


@pytest.fixture
def good(bins: tuple[DemoBin, ...]) -> Summary:
    """The summary of a first run that went as it should."""
    blank = SummaryFold("run", "/tree", TARGET, dry_run=False).summary()
    return replace(
        blank,
        uploaded=Count(len(to_be_sent(bins)), 1),
        held_by={
            Hold.BROKEN: Count(14, 1),
            Hold.SETTLING: Count(3, 1),
            Hold.BEING_WRITTEN: Count(3, 1),
        },
    )


def test_a_good_first_run_is_found_to_be_good(
    good: Summary, bins: tuple[DemoBin, ...]
) -> None:
    assert list(wrong_in_first(good, bins)) == []


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"uploaded": Count(3, 1)}, "the first run sent 3 files, not 165"),
        ({"failed": Count(1, 1)}, "1 file failed in the first run"),
        (
            {"held_by": {Hold.BROKEN: Count(14, 1), Hold.SETTLING: Count(6)}},
            "the first run held 6 files as settling, not 3",
        ),
    ],
)
def test_what_is_wrong_in_a_first_run_is_named(
    good: Summary,
    bins: tuple[DemoBin, ...],
    change: dict[str, Any],
    trouble: str,
) -> None:
    assert trouble in list(wrong_in_first(replace(good, **change), bins))


def test_what_is_wrong_in_a_second_run_is_named(
    good: Summary, bins: tuple[DemoBin, ...]
) -> None:
    known = {Skip.JOURNAL: Count(165, 1)}
    second = replace(good, uploaded=Count(), skipped_by=known)
    assert list(wrong_in_second(second, bins)) == []
    assert list(wrong_in_second(replace(second, skipped_by={}), bins)) == [
        "the journal knew 0 files in the second run, not 165"
    ]
    again = replace(second, uploaded=Count(3, 1))
    assert list(wrong_in_second(again, bins)) == [
        "the second run sent 3 files again"
    ]


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """A tree, and a store that holds what it should."""
    few = weeks(NOW, DAY)[:3]
    for name in ("objects", "tree"):
        write_bins(tmp_path / name, few)
    return tmp_path / "objects", tmp_path / "tree"


def test_a_store_that_differs_is_found_out(
    both: tuple[Path, Path], bins: tuple[DemoBin, ...]
) -> None:
    objects, tree = both
    first, second, *_ = names = to_be_sent(bins[:3])
    assert list(wrong_in_store(objects, tree, bins[:3])) == []
    data = bytearray((objects / first).read_bytes())
    data[-1] ^= 1
    (objects / first).write_bytes(data)
    (objects / second).rename(objects / "strange")
    assert sorted(wrong_in_store(objects, tree, bins[:3])) == sorted(
        [
            f"{first} is in the store with other bytes",
            f"{second} is not in the store",
            "strange is in the store and was not to be sent",
        ]
    )
    assert len(names) == 9
