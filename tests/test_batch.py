import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import SECOND, Clock
from runs import pid_text, touch, write, write_bin

from pt5_async.batch import BATCH_FILES, Batch, Batches
from pt5_async.disk.look import Found, Oddity
from pt5_async.disk.walk import open_source, walk
from pt5_async.errors import NameRefused, SourceUnreadable
from pt5_async.events import FolderSeen, JobDone, Notice
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.journal import Journal, Memory, NoJournal
from pt5_async.model import (
    Entry,
    Failed,
    Group,
    LocalFile,
    Outcome,
    Proof,
    Skip,
    Skipped,
)
from pt5_async.plan import Need
from pt5_async.settings import Settings

PID = parse_pid(pid_text(0))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    state = tmp_path / "state"
    state.mkdir()
    with Journal.open(state, endpoint="memory", bucket="b") as opened:
        yield opened


def over(
    found: Iterator[Found],
    memory: Memory | None = None,
    clock: Clock | None = None,
) -> Batches:
    return Batches(
        (each for each in found),
        prefix="p",
        settings=Settings(),
        memory=memory or NoJournal(),
        now_ns=clock or Clock(),
    )


def batches(
    source: Path, memory: Memory | None = None, clock: Clock | None = None
) -> Batches:
    found = walk(open_source(source), recursive=True, all_files=True)
    return over(found, memory, clock)


def all_of(made: Batches) -> list[Batch]:
    found = [made.next()]
    while not found[-1].last:
        found.append(made.next())
    return found


def only(made: Batches) -> Batch:
    [batch] = all_of(made)
    return batch


def outcomes(batch: Batch) -> dict[str, Outcome]:
    done = [event for event in batch.events if isinstance(event, JobDone)]
    return {o.item.file.relative: o for d in done for o in d.outcomes}


def notices(batch: Batch) -> list[str]:
    return [event.text for event in batch.events if isinstance(event, Notice)]


def remember(memory: Memory, path: Path, source: Path) -> None:
    """Note a file as sent."""
    seen, relative = path.stat(), path.relative_to(source).as_posix()
    entry = Entry(
        f"p/{relative}",
        relative,
        seen.st_size,
        seen.st_mtime_ns,
        "crc64nvme:AAAAAAAAAAA=",
        "etag",
        None,
        Proof.CRC64NVME,
        whole=True,
        sent_at_ns=0,
    )
    memory.record(entry)


def test_a_bin_gets_its_keys_and_its_order(source: Path) -> None:
    write_bin(source / "D20220522")
    [one] = only(batches(source)).work
    assert [item.key for item in one.job.items] == [
        f"p/D20220522/{pid_text(0)}.{kind}" for kind in ("roi", "hdr", "adc")
    ]
    assert set(one.needs) == {Need.ASK}
    assert not one.young


def test_batches_have_a_thousand_files_and_never_split_a_bin() -> None:
    def found() -> Iterator[Found]:
        for number in range(900):
            files = tuple(
                LocalFile("", f"{number}.{kind}", 1, 0, 0, kind)
                for kind in Kind
            )
            yield Group(PID, files)

    made = over(found())
    sizes = [
        [len(one.job.items) for one in batch.work] for batch in all_of(made)
    ]
    assert {members for batch in sizes for members in batch} == {3}
    assert [sum(batch) for batch in sizes] == [1002, 1002, 696]
    assert BATCH_FILES == 1000


def test_an_empty_source_is_one_empty_batch(source: Path) -> None:
    batch = only(batches(source))
    assert batch.work == []
    assert batch.events == [FolderSeen("", 0, 0, 0)]


def test_what_the_journal_knows_is_done_at_once(
    source: Path, journal: Journal
) -> None:
    for path in write_bin(source).values():
        remember(journal, path, source)
    batch = only(batches(source, journal))
    assert batch.work == []
    found = outcomes(batch).values()
    assert len(found) == 3
    for outcome in found:
        assert isinstance(outcome, Skipped)
        assert outcome.reason is Skip.JOURNAL


def test_a_bin_of_which_one_file_is_open_is_worked_on(
    source: Path, journal: Journal
) -> None:
    paths = write_bin(source)
    remember(journal, paths[Kind.ROI], source)
    [one] = only(batches(source, journal)).work
    assert one.needs == (Need.NOTHING, Need.ASK, Need.ASK)


HOSTILE = [
    "new\nline",
    "tab\tbed",
    os.fsdecode(b"latin-\xe9"),
    "x" * 255,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_can_be_no_key_fails_and_the_rest_goes_on(
    source: Path, journal: Journal, name: str
) -> None:
    folder = source
    if name.startswith("xx"):
        folder = source.joinpath(*[name] * 5)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"hostile")
    write(source / "well")
    batch = only(batches(source, journal))
    [(_, failed)] = outcomes(batch).items()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, NameRefused)
    assert [one.job.items[0].key for one in batch.work] == ["p/well"]


def test_what_could_not_be_looked_at_is_a_failure() -> None:
    folder = LocalFile("/s/secret", "secret", 0, 0, 0)
    error = SourceUnreadable("/s/secret cannot be read")

    def found() -> Iterator[Found]:
        yield Oddity(folder, error)

    [(name, failed)] = outcomes(only(over(found()))).items()
    assert name == "secret"
    assert isinstance(failed, Failed)
    assert failed.error is error


def test_links_and_pipes_are_skipped_with_their_reason(source: Path) -> None:
    (source / "link").symlink_to("/etc/hostname")
    os.mkfifo(source / "pipe")
    found = outcomes(only(batches(source)))
    reasons = {
        name: (outcome.reason, outcome.detail)
        for name, outcome in found.items()
        if isinstance(outcome, Skipped)
    }
    assert reasons == {
        "link": (Skip.LINK, "it points to /etc/hostname"),
        "pipe": (Skip.SPECIAL, "it is a named pipe"),
    }


def test_names_that_pyifcb_refuses_are_warned_of_once_per_instrument(
    source: Path,
) -> None:
    for second in range(3):
        for instrument in ("13", "1013", "134"):
            name = f"D20220522T00000{second}_IFCB{instrument}.adc"
            write(source / name)
    texts = notices(only(batches(source)))
    assert len(texts) == 2
    assert "(IFCB13)" in texts[0] + texts[1]
    assert "(IFCB1013)" in texts[0] + texts[1]


# ---- age


@pytest.mark.parametrize(
    ("age_ns", "young"),
    [(60 * SECOND, False), (60 * SECOND - 1, True), (0, True)],
)
def test_a_bin_is_young_until_its_newest_file_is_min_age_old(
    source: Path, age_ns: int, young: bool
) -> None:
    clock = Clock()
    then = clock.now_ns - age_ns
    os.utime(write_bin(source)[Kind.HDR], ns=(then, then))
    [one] = only(batches(source, clock=clock)).work
    assert one.young is young


def test_a_bin_from_the_future_settles_by_two_looks_through_the_journal(
    source: Path, journal: Journal
) -> None:
    clock = Clock()
    write_bin(source, age=-1e6)
    [one] = only(batches(source, journal, clock)).work
    assert one.young
    clock.advance(59.9)
    [one] = only(batches(source, journal, clock)).work
    assert one.young
    clock.advance(0.1)
    [one] = only(batches(source, journal, clock)).work
    assert not one.young


def test_a_file_from_the_future_that_changes_settles_anew(
    source: Path, journal: Journal
) -> None:
    clock = Clock()
    path = write(source / "file", age=-1e6)
    only(batches(source, journal, clock))
    clock.advance(60)
    touch(path, age=-2e6)
    [one] = only(batches(source, journal, clock)).work
    assert one.young
    clock.advance(60)
    [one] = only(batches(source, journal, clock)).work
    assert not one.young


def test_without_a_journal_the_inode_tells_when_a_file_was_left_alone(
    source: Path,
) -> None:
    clock = Clock()
    write(source / "file", age=-1e6)
    clock.advance(59)
    [one] = only(batches(source, clock=clock)).work
    assert one.young
    clock.advance(2)
    [one] = only(batches(source, clock=clock)).work
    assert not one.young


def test_a_file_of_which_no_time_can_be_believed_is_young_without_a_journal(
    source: Path,
) -> None:
    clock = Clock()
    write(source / "file", age=-1e6)
    clock.advance(-1e5)
    [one] = only(batches(source, clock=clock)).work
    assert one.young
    assert one.touched_ns == clock.now_ns


def test_a_file_of_which_no_time_can_be_believed_ages_by_its_first_look(
    source: Path, journal: Journal
) -> None:
    clock = Clock()
    write(source / "file", age=-1e6)
    clock.advance(-1e5)
    begun = clock.now_ns
    only(batches(source, journal, clock))
    clock.advance(3600)
    [one] = only(batches(source, journal, clock)).work
    assert not one.young
    assert one.touched_ns == begun


def test_a_clock_that_is_wrong_is_said_once(source: Path) -> None:
    for name in "abc":
        write(source / name, age=-1e6)
    [text] = notices(only(batches(source)))
    assert "a is dated in the future: a clock is wrong" in text


def test_closing_lets_the_walk_end(source: Path) -> None:
    for name in "abc":
        write(source / name)
    found = walk(open_source(source), recursive=True, all_files=True)
    made = Batches(
        found,
        prefix="",
        settings=Settings(),
        memory=NoJournal(),
        now_ns=Clock(),
    )
    made.close()
    assert next(found, None) is None
