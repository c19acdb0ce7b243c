"""Which trees a report is about, by what was said and what was run."""

from pathlib import Path

import pytest
from entries import BUCKET, ENDPOINT, opened
from reports import NOW
from runs import bin_bytes, pid_text, write_bin

from pt5_async.errors import SourceMissing, UsageError
from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.journal.history import History, note_verification
from pt5_async.journal.memory import Unsent
from pt5_async.journal.past import (
    Ending,
    Left,
    PastRun,
    PastVerification,
    Place,
    SentObject,
)
from pt5_async.model import Target
from pt5_async.report import gather
from pt5_async.report.past import failed, last_sending, run_seen, verified
from pt5_async.report.remembered import SLICES, Pulse, bins_sent
from pt5_async.report.seen import BinHere, BinSent
from pt5_async.report.trees import Tree, strangers, trees
from pt5_async.report.written import check_place, write_whole
from pt5_async.settings import Settings

HERE = Place("https://s3.example.org", "bucket", "p")
THERE = Place("https://s3.example.org", "other", "q")
SECOND = 10**9


def past(
    source: str = "/data",
    place: Place = HERE,
    *,
    layout: str = "mirror",
    ended: bool = True,
    **counts: int,
) -> PastRun:
    return PastRun(
        "id",
        place,
        source,
        layout,
        SECOND,
        3 * SECOND if ended else None,
        Ending.ENDED if ended else Ending.CUT_OFF,
        None,
        None,
        None,
        counts,
    )


def test_a_verification_of_a_part_takes_back_no_alarm(tmp_path: Path) -> None:
    place = Place(ENDPOINT, BUCKET, "p")
    with opened(tmp_path):
        pass  # a journal that is there gets notes
    for id_, part, bad in (
        ("old", False, 1),
        ("whole", False, 6),
        ("ill", True, 2),
        ("well", True, 0),
    ):
        bins = {"safe": 9, "incomplete in the store": bad, "unreadable": 5}
        totals = {"safe": not bad, "part": part, "bins": bins}
        one = PastVerification(id_, place, "/d", "listing", 1, 2, totals)
        note_verification(tmp_path, one)
    with History.open(tmp_path) as history:
        seen = verified(history, [Tree("/d", place)])
    assert [(one.partial, one.lacking) for one in seen] == [
        (True, 0),
        (True, 2),
        (False, 6),
    ]


def test_a_verification_by_sizes_takes_back_no_alarm_of_bytes(
    tmp_path: Path,
) -> None:
    place = Place(ENDPOINT, BUCKET, "p")
    with opened(tmp_path):
        pass  # a journal that is there gets notes
    for id_, level, bad in (
        ("older", "checksum", 7),
        ("bytes", "checksum", 3),
        ("sizes", "listing", 1),
        ("again", "listing", 0),
    ):
        totals = {"safe": not bad, "bins": {"differs": bad, "safe": 9}}
        one = PastVerification(id_, place, "/d", level, 1, 2, totals)
        note_verification(tmp_path, one)
    with History.open(tmp_path) as history:
        seen = verified(history, [Tree("/d", place)])
    assert [(one.level, one.bins["differs"]) for one in seen] == [
        ("listing", 0),
        ("checksum", 3),
    ]


def no_file(_: str) -> bool:
    return False


def test_a_tree_that_is_named_is_where_its_last_run_sent_it() -> None:
    runs = [past(place=THERE, layout="day"), past()]
    assert trees(["/data"], runs, None) == [Tree("/data", THERE, Layout.DAY)]
    to = Target("bucket", "p")
    assert trees(["/data"], runs, to) == [Tree("/data", HERE)]
    assert trees(["/data"], [], None) == [Tree("/data")]


def test_a_tree_that_was_moved_is_found_where_there_is_no_doubt() -> None:
    [tree] = trees(["/new"], [past()], None)
    assert (tree.path, tree.place) == ("/new", HERE)
    assert tree.remark == "the journal has it as /data"
    [tree] = trees(["/new"], [past(), past(place=THERE)], None)
    assert tree.place is None
    assert tree.remark == "the journal knows no run from here"


def test_without_a_name_all_trees_of_the_journal_count_once() -> None:
    runs = [
        past("/data"),
        past("/data"),
        past("/data/2022"),
        past("/other", THERE, layout="one of a newer version"),
        past("/file.adc"),
    ]
    found = trees((), runs, None, is_file=lambda path: path == "/file.adc")
    assert found == [Tree("/data", HERE), Tree("/other", THERE)]
    assert trees((), runs, Target("bucket", "q"), is_file=no_file) == []


def test_a_folder_whose_name_goes_on_is_not_inside() -> None:
    found = trees((), [past("/data"), past("/data2")], None, is_file=no_file)
    assert [one.path for one in found] == ["/data", "/data2"]


def test_a_target_that_no_run_went_to_is_answered_with_those_known() -> None:
    runs = [past(), past(place=THERE), past()]
    assert strangers(runs, Target("no", "such")) == [
        "s3://bucket/p",
        "s3://other/q",
    ]
    assert strangers(runs, Target("other", "q")) == []
    assert strangers([], Target("no", "such")) == []


def test_nobody_names_a_tree(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no SOURCE, and no journal"):
        gather()
    with pytest.raises(UsageError, match="has no run to s3://b/p"):
        gather(settings=Settings(state=tmp_path), target=Target("b", "p"))
    with pytest.raises(SourceMissing):
        gather([tmp_path / "nowhere"])


def test_each_bin_is_told_of_and_what_is_raised_then_ends_all(
    tmp_path: Path,
) -> None:
    write_bin(tmp_path, 1)
    write_bin(tmp_path, 2, made=bin_bytes(rois=7))
    told: list[BinHere | BinSent] = []
    made = gather([tmp_path], heard=told.append)
    assert [one.name for one in told] == [pid_text(1), pid_text(2)]
    assert made.totals().bins == 2
    assert not made.known
    assert [one.rois for one in told if isinstance(one, BinHere)] == [3, 7]

    def stop(_: object) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError):
        gather([tmp_path], heard=stop)


def test_images_are_counted_where_headers_count_them(tmp_path: Path) -> None:
    write_bin(tmp_path, 1, made=bin_bytes(counts=False))
    bare = write_bin(tmp_path, 2)[Kind.HDR]
    # Beyond the head of a header nothing is read.
    bare.write_bytes(b"x" * 5000 + b"\nroiCount: 5\n")
    told: list[BinHere | BinSent] = []
    gather([tmp_path], heard=told.append)
    assert [one.rois for one in told if isinstance(one, BinHere)] == [None] * 2


def object_(
    name: str, size: int = 5, *, at: float = NOW, proof: str = "crc64nvme"
) -> SentObject:
    return SentObject(f"p/{name}", name, size, proof, True, int(at * SECOND))


def test_objects_of_a_bin_are_one_and_its_last_counts() -> None:
    one, other = pid_text(1), pid_text(2)
    found = bins_sent(
        [
            object_(f"{one}.adc", at=NOW + 9),
            object_(f"{one}.hdr"),
            object_(f"{one}.roi"),
            object_(f"{one}_blobs_v4.zip", size=1000),
            object_(f"{other}.adc", proof="size-date"),
            object_(f"{other}.hdr"),
            object_("notes.txt"),
            object_(f"{pid_text(3)}.hdr"),
        ]
    )
    first, second = found
    assert (first.name, first.size, first.images) == (one, 15, True)
    assert first.arrived == pytest.approx(NOW + 9)
    assert first.place == one
    assert (second.name, second.arrived, second.images) == (other, None, False)


def test_what_a_run_sent_is_counted_in_slices_of_its_time() -> None:
    pulse = Pulse(NOW, NOW + 2 * SLICES)
    for at in (-1, 0, 1, 2.5, 2 * SLICES, 2 * SLICES + 1):
        pulse.add(object_("a", at=NOW + at))
    pulse.add(object_("b", at=NOW, proof="size-date"))
    files = [one.files for one in pulse.slices]
    assert (files[0], files[1], files[-1], sum(files)) == (2, 1, 1, 4)
    assert len(pulse.steps()) == SLICES
    assert Pulse(NOW, NOW).steps() == []


def test_the_last_run_that_sent_anything_and_ended_is_drawn() -> None:
    runs = [
        past(uploaded=0),
        past(uploaded=3, ended=False),
        past("/this", uploaded=3, bytes=600, bins=1),
        past(uploaded=9),
    ]
    last = last_sending(runs)
    assert last is not None
    assert last.run.source == "/this"
    assert (last.pulse().begun, last.pulse().ended) == (1.0, 3.0)
    seen = run_seen(last.run)
    assert (seen.files, seen.bins, seen.seconds) == (3, 1, 2.0)
    assert (seen.outcome, seen.well, seen.sent) == ("ended", True, True)
    assert not run_seen(runs[1]).well
    assert last_sending(runs[:2]) is None


def test_a_bin_that_failed_is_one_with_its_members_named_together() -> None:
    one, other = f"day/{pid_text(1)}", "notes.txt"
    some = [
        (f"{one}.roi", "failed", f"p/{one}.roi: AccessDenied"),
        (f"{one}.hdr", "failed", f"p/{one}.hdr: AccessDenied"),
        (f"{one}.adc", "failed", f"not sent, because {one}.roi failed"),
        (f"{pid_text(2)}.hdr", "held", "empty"),
        (other, "failed", "its name"),
    ]
    left = Left("id", tuple(Unsent(a, 1, b, c) for a, b, c in some))
    first, second = failed(left)
    assert (first.place, first.shown) == (one, one + "{.roi,.hdr,.adc}")
    assert (first.reason, first.instrument) == ("AccessDenied", 134)
    assert (second.place, second.shown) == (other, other)
    assert list(failed(None)) == []


def test_a_file_that_cannot_take_its_place_leaves_the_older_one(
    tmp_path: Path,
) -> None:
    file = tmp_path / "r.html"
    file.write_bytes(b"a mark")
    check_place(file, "--html", b"mark")
    write_whole(file, b"mark 2", "--html")
    assert file.read_bytes() == b"mark 2"
    long = tmp_path / ("r" * 250)
    with pytest.raises(UsageError, match="--html: cannot write"):
        write_whole(long, b"", "--html")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
    with pytest.raises(UsageError, match="no report of ours"):
        check_place(file, "--html", b"another")
    file.write_bytes(b"")
    check_place(file, "--html", b"another")
