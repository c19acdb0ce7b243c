"""The list of files that are safe to delete: what is never in it."""

import hashlib
import json
import os
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from coast import NO_JOURNAL, TARGET, Coast, session_
from commands import Pier
from runs import SECOND, bin_bytes, names, pid_text, rewrite, write, write_bin
from servers.faults import Answer, Rule
from servers.personality import Checksums, Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async import Depth, Selection, Stop, verify_tree
from pt5_async.errors import BucketMissing, UsageError
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.synthetic import BinBytes, make_bin
from pt5_async.settings import ChecksumChoice
from pt5_async.verify import Deletable, Finding, Requests, Verified

DAY = 86400.0
AGED = 40 * DAY


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Coast:
    return Coast(tmp_path, scripted)


class Wish:
    """A list that is asked for, and what is in it."""

    def __init__(self, coast: Coast, **rules: Any) -> None:
        self.file = coast.source.parent / "list"
        self.rules = {"keep_newest": 0, **rules}

    @property
    def asked(self) -> Deletable:
        return Deletable(self.file, **self.rules)

    @property
    def paths(self) -> list[str]:
        text = self.file.read_bytes()
        assert not text or text.endswith(b"\0")
        return [os.fsdecode(path) for path in text.split(b"\0")[:-1]]

    @property
    def bins(self) -> set[str]:
        """The bins that are in it, whole."""
        found = [Path(path) for path in self.paths]
        stems = {path.stem for path in found}
        assert len(found) == 3 * len(stems), "all of a bin, or nothing"
        return stems

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            self.file.with_name("list.json").read_text()
        )
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest()
        assert told["sha256"] == digest
        return told


async def listed(
    coast: Coast, rules: Any = None, wish: Wish | None = None, **how: Any
) -> set[str]:
    """The bins in the list of a verification."""
    wish = wish or Wish(coast)
    await coast.verify(rules or {}, deletable=wish.asked, **how)
    return wish.bins


async def test_all_files_of_proven_bins_are_in_it_with_what_it_is_of(
    coast: Coast,
) -> None:
    for number in (1, 2):
        write_bin(coast.source / "a 'day'", number, age=AGED)
    write(coast.source / "note.txt", age=AGED)
    await coast.upload(all_files=True)
    wish = Wish(coast)

    seen = await coast.verify({"all_files": True}, deletable=wish.asked)

    files = sorted((coast.source / "a 'day'").iterdir())
    assert sorted(wish.paths) == [str(path) for path in files]
    told = wish.told
    assert (told["bins"], told["files"], told["size"]) == (2, 6, 2604)
    assert (told["level"], told["complete"]) == ("checksum", True)
    assert (told["keep_days"], told["keep_newest"]) == (30, 0)
    assert (told["source"], told["target"]) == (str(coast.source), TARGET)
    assert told["run"]
    assert told["time"].endswith("+00:00")
    assert seen.listed is not None
    assert (seen.listed.bins, seen.listed.files) == (2, 6)
    assert {p.name for p in coast.source.parent.iterdir()} == {
        "source",
        "state",
        "list",
        "list.json",
    }


@pytest.mark.parametrize("rules", [{}, NO_JOURNAL])
@pytest.mark.parametrize("depth", [Depth.CHECKSUM, Depth.DOWNLOAD])
async def test_each_way_of_proving_is_one(
    coast: Coast, rules: Any, depth: Depth
) -> None:
    write_bin(coast.source, age=AGED)
    await coast.upload()

    assert await listed(coast, rules, depth=depth) == {pid_text(0)}


async def test_bins_that_are_young_by_file_or_name_are_not_in_it(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1, age=AGED)
    paths = write_bin(coast.source, 2, age=AGED)
    then = time.time_ns() - int(29 * DAY) * SECOND
    os.utime(paths[Kind.HDR], ns=(then, then))
    young = datetime.now(UTC) - timedelta(days=29)
    pid = parse_pid(f"{young:D%Y%m%dT%H%M%S}_IFCB134")
    assert pid is not None
    made = make_bin(pid, seed=1, rois=3, size=(8, 6), counts=True)
    for kind, body in made.by_kind().items():
        write(coast.source / f"{pid.text}.{kind}", body, age=AGED)
    await coast.upload()

    assert await listed(coast) == {pid_text(1)}
    more = Wish(coast, keep_days=28)
    assert await listed(coast, wish=more) == {
        pid_text(1),
        pid_text(2),
        pid.text,
    }


async def test_the_newest_of_each_instrument_are_not_in_it(
    coast: Coast,
) -> None:
    for number in range(5):
        paths = write_bin(coast.source, number, age=AGED)
        if number in {0, 4}:
            for path in paths.values():
                path.rename(str(path).replace("IFCB134", "IFCB135"))
    await coast.upload()

    wish = Wish(coast, keep_newest=2)
    assert await listed(coast, wish=wish) == {pid_text(1)}
    assert await listed(coast, wish=Wish(coast, keep_newest=72)) == set()


async def test_what_is_not_safe_counts_among_the_newest(coast: Coast) -> None:
    for number in range(3):
        write_bin(coast.source, number, age=AGED)
    await coast.upload()
    coast.drop("2_IFCB134.roi")

    wish = Wish(coast, keep_newest=1)

    assert await listed(coast, wish=wish) == {pid_text(0), pid_text(1)}


# ---- what is never in it


async def test_what_is_missing_or_differs_is_not(coast: Coast) -> None:
    for number in range(4):
        write_bin(coast.source, number, age=AGED)
    await coast.upload()
    coast.drop("0_IFCB134.hdr")
    coast.place("1_IFCB134.roi", b"other")
    rewrite(coast.source / names(2)[0], bytes(172))

    assert await listed(coast) == {pid_text(3)}


async def test_what_is_broken_or_settling_is_not(coast: Coast) -> None:
    made = bin_bytes()
    cut = BinBytes(made.hdr, made.adc, made.roi[:-7])
    write_bin(coast.source, 1, made=cut, age=AGED)
    write_bin(coast.source, 2, without=(Kind.ROI,), age=AGED)
    write_bin(coast.source, 3, age=5)
    await coast.upload(allow_incomplete=True, min_age=0)

    wish = Wish(coast, keep_days=0)
    assert await listed(coast, {"allow_incomplete": True}, wish) == set()


async def test_what_was_adopted_by_size_and_date_is_not(coast: Coast) -> None:
    write_bin(coast.source, age=AGED)
    await coast.upload(**NO_JOURNAL)
    await coast.upload()

    assert (await coast.verify()).safe, "it is proven by this run, and yet"
    assert await listed(coast) == set()
    assert await listed(coast, depth=Depth.DOWNLOAD) == set()


async def test_what_the_store_proved_by_nothing_is_not(coast: Coast) -> None:
    write_bin(coast.source, age=AGED)
    await coast.upload(checksum=ChecksumChoice.NONE)

    assert (await coast.verify()).safe
    assert await listed(coast) == set()


async def test_metadata_alone_is_not(coast: Coast) -> None:
    write_bin(coast.source, 1, age=AGED)
    rules = {"members": frozenset({Kind.HDR, Kind.ADC})}
    await coast.upload(**rules)

    assert (await coast.verify(rules)).safe
    assert await listed(coast, rules) == set()


async def test_what_only_a_size_speaks_for_is_not(coast: Coast) -> None:
    write_bin(coast.source, age=AGED)
    await coast.upload()
    coast.server.personality = Personality(
        checksums=Checksums.IGNORED, denied=(Denied(Op.HEAD),)
    )
    coast.place(".adc", etag="0" * 32)

    assert await listed(coast, NO_JOURNAL) == set()
    with pytest.raises(UsageError, match="proves nothing"):
        await listed(coast, depth=Depth.LISTING)


@pytest.mark.parametrize("change", ["touch", "replace", "link", "chmod"])
async def test_what_changed_since_its_proof_is_not(
    coast: Coast, change: str
) -> None:
    for number in (1, 2):
        write_bin(coast.source, number, age=AGED)
    await coast.upload()
    path = coast.source / names(1)[0]

    def tell(found: Finding) -> None:
        if not isinstance(found, Verified) or str(found.pid) != pid_text(1):
            return
        old, body = path.stat(), path.read_bytes()
        if change == "touch":
            path.touch()
        elif change == "chmod":
            path.chmod(0o600)
        else:
            path.unlink()
            if change == "link":
                (coast.source.parent / "elsewhere").write_bytes(body)
                path.symlink_to(coast.source.parent / "elsewhere")
            else:
                path.write_bytes(body)
                os.utime(path, ns=(old.st_mtime_ns, old.st_mtime_ns))

    wish = Wish(coast)
    seen = await verify_tree(
        coast.source,
        TARGET,
        settings=coast.settings(),
        session=session_(),
        tell=tell,
        deletable=wish.asked,
    )

    assert seen.safe
    assert wish.bins == {pid_text(2)}


# ---- the files themselves


async def test_an_older_list_does_not_outlive_a_run_that_ends_early(
    coast: Coast,
) -> None:
    write_bin(coast.source, age=AGED)
    await coast.upload()
    wish = Wish(coast)
    assert await listed(coast, wish=wish) == {pid_text(0)}

    coast.server.script(Rule(Answer(404, "NoSuchBucket"), Op.LIST, times=1))
    with pytest.raises(BucketMissing):
        await listed(coast, wish=wish)
    assert wish.paths == []
    assert wish.told["complete"] is False

    assert await listed(coast, wish=wish) == {pid_text(0)}
    stop = Stop()

    def tell(found: Finding) -> None:
        if isinstance(found, Requests):
            stop.finish()

    seen = await verify_tree(
        coast.source,
        TARGET,
        settings=coast.settings(),
        session=session_(),
        tell=tell,
        stop=stop,
        deletable=wish.asked,
    )
    assert (seen.stopped, seen.listed, wish.paths) == (True, None, [])


@pytest.mark.parametrize("name", ["list", "list.json"])
async def test_what_is_no_list_of_ours_is_not_written_over(
    coast: Coast, name: str
) -> None:
    write_bin(coast.source, age=AGED)
    mine = coast.source.parent / name
    mine.write_text('{"mine": 1}')

    with pytest.raises(UsageError, match="no list of ours"):
        await listed(coast)
    assert mine.read_text() == '{"mine": 1}'
    mine.unlink()
    mine.symlink_to(coast.source / names(0)[0])
    before = (coast.source / names(0)[0]).read_bytes()
    with pytest.raises(UsageError, match="inside SOURCE"):
        await listed(coast)
    assert (coast.source / names(0)[0]).read_bytes() == before


async def test_nothing_is_written_into_the_source_or_nowhere(
    coast: Coast,
) -> None:
    write_bin(coast.source, age=AGED)
    wish = Wish(coast)
    wish.file = coast.source / "list"
    with pytest.raises(UsageError, match="inside SOURCE"):
        await listed(coast, wish=wish)
    wish.file = coast.source.parent / "nowhere" / "list"
    with pytest.raises(UsageError, match="cannot write the list"):
        await listed(coast, wish=wish)
    assert len(list(coast.source.iterdir())) == 3


async def test_links_that_are_followed_lead_to_no_list(coast: Coast) -> None:
    write_bin(coast.source, age=AGED)
    rules = {"selection": Selection(follow_links=True)}
    with pytest.raises(UsageError, match="files elsewhere"):
        await listed(coast, rules)


async def test_lines_are_refused_for_a_path_that_is_not_one_word(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1, age=AGED)
    await coast.upload()
    wish = Wish(coast, lines=True)
    await coast.verify(deletable=wish.asked)
    assert wish.file.read_text().splitlines() == [
        str(coast.source / name) for name in names(1)
    ]
    for number, odd in enumerate(("a b", "it's", '"x"', "b\\c", "\u3000")):
        write_bin(coast.source / odd, 10 + number, age=AGED)
        await coast.upload()
        with pytest.raises(UsageError, match="leave --lines out"):
            await coast.verify(deletable=wish.asked)
        assert wish.file.read_bytes() == b""
        for path in (coast.source / odd).iterdir():
            path.unlink()


def test_the_installed_command_and_rm_leave_what_must_stay(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> None:
    pier = Pier(tmp_path, clean_environment, scripted)
    for number in range(4):
        write_bin(pier.source / "a day", number, age=AGED)
    pier.upload()
    write_bin(pier.source / "a day", 9)
    where = ("verify", pier.source, "--to", "s3://bucket/p")
    list_ = pier.root / "list"
    keep = ("--keep-days", "7", "--keep-newest", "2")

    done = pier.run(*where, "--safe-to-delete", list_, *keep)
    lines = pier.run(*where, "--safe-to-delete", list_, "--lines", *keep)
    again = pier.run(*where, "--safe-to-delete", list_, *keep, "--json")
    alone = pier.run(*where, "--keep-days", "3")
    odd = pier.run(*where, "--safe-to-delete", list_, "--keep-days", "soon")
    size = pier.run(*where, "--safe-to-delete", list_, "--level", "listing")

    said = f"Safe to delete: 9 files of 3 bins, 3.81 KB, listed in {list_}\n"
    assert done.code == 3, "bin 9 is not there yet"
    assert said in done.out
    assert lines.code == alone.code == odd.code == size.code == 2
    assert "leave --lines out" in lines.err
    told = json.loads(again.out.splitlines()[-1])["safe_to_delete"]
    assert told == {"list": str(list_), "bins": 3, "files": 9, "size": 3906}
    with list_.open("rb") as paths:
        subprocess.run(["xargs", "-0", "rm", "--"], stdin=paths, check=True)
    left = {path.name for path in (pier.source / "a day").iterdir()}
    assert left == {*names(3), *names(9)}
