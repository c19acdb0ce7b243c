"""Some files of each bin now, the others in a later run."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from commands import Pier, asked, bodies
from fakes import Op
from runs import Shore, bin_bytes, held, names, skipped, touch, write_bin
from servers import routing
from servers.scripted import ScriptedServer

from pt5_async.errors import UsageError
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.ifcb.verdict import Judgement, judge
from pt5_async.model import Hold, Outcome, Skip, Uploaded
from pt5_async.settings import Settings

ROI, HDR, ADC = (f"p/{name}" for name in names())
METADATA = frozenset({Kind.HDR, Kind.ADC})
NEW = parse_pid("D20220522T000000_IFCB134")
OLD = parse_pid("IFCB1_2009_216_075913")


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def sent(found: Mapping[str, Outcome]) -> set[str]:
    return {
        f"p/{name}" for name, one in found.items() if isinstance(one, Uploaded)
    }


async def test_what_was_not_asked_for_stays_and_comes_later(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    found = await shore.run(members=METADATA)
    assert sent(found) == {HDR, ADC}
    assert skipped({"": found[names()[0]]}) is Skip.MEMBER
    assert not any(entry.whole for entry in shore.known(HDR, ADC).values())
    assert not sent(await shore.run(members=METADATA))
    assert not shore.store.requests
    assert sent(await shore.run()) == {ROI}
    assert all(e.whole for e in shore.known(ROI, HDR, ADC).values())


async def test_images_may_come_to_the_disk_months_later(shore: Shore) -> None:
    write_bin(shore.source, without=(Kind.ROI,))
    assert held(await shore.run()) is Hold.BROKEN
    assert sent(await shore.run(members=METADATA)) == {HDR, ADC}
    write_bin(shore.source)
    assert sent(await shore.run()) == {ROI}
    assert shore.store.count(Op.PUT) == 1


async def test_the_adc_still_waits_for_the_hdr(shore: Shore) -> None:
    write_bin(shore.source, without=(Kind.ROI,))
    await shore.run(members=METADATA)
    puts = [key for op, key in shore.store.requests if op is Op.PUT]
    assert puts == [HDR, ADC]


@pytest.mark.parametrize("members", [METADATA, frozenset({Kind.ROI})])
async def test_a_cut_bin_is_held_by_all_that_is_there(
    shore: Shore, members: frozenset[Kind]
) -> None:
    whole = bin_bytes()
    cut = BinBytes(whole.hdr, whole.adc, whole.roi[:-1])
    write_bin(shore.source, made=cut)
    found = await shore.run(members=members)
    kept = {n: o for n, o in found.items() if n[-3:] in members}
    assert held(kept) is Hold.BROKEN
    assert shore.store.objects == {}


async def test_a_bin_is_as_young_as_its_images(shore: Shore) -> None:
    paths = write_bin(shore.source)
    touch(paths[Kind.ROI], age=1)
    found = await shore.run(members=METADATA)
    del found[names()[0]]
    assert held(found) is Hold.SETTLING


async def test_a_bin_of_which_nothing_was_asked_for_is_left(
    shore: Shore,
) -> None:
    write_bin(shore.source, without=(Kind.ADC, Kind.HDR))
    found = await shore.run(members=METADATA)
    assert skipped(found) is Skip.MEMBER
    assert not shore.store.requests


@pytest.mark.parametrize(
    ("hdr", "adc", "expected"),
    [
        (b"triggerCount: 1\nroiCount: 1\nADCFileFormat: a\n", None, "c"),
        (b"", b"1,2\n", "t"),
        (b"ADCFileFormat: a\n", b"", "e"),
        (b"roiCount: 1\nADCFileFormat: a\n", b"", "t"),
        (b"ADCFileFormat: a\n", b"1,2", "t"),
        (b"roiCount: 9\nADCFileFormat: a\n", b"1,2\n", "t"),
        (None, b"", "e"),
        (None, None, "c"),
    ],
)
def test_a_part_is_judged_by_what_is_there(
    hdr: bytes | None, adc: bytes | None, expected: str
) -> None:
    assert NEW is not None
    found = judge(NEW, hdr=hdr, adc=adc, roi_size=None, expected=())
    kinds = {
        "c": Judgement.COMPLETE,
        "t": Judgement.TRUNCATED,
        "e": Judgement.EMPTY,
    }
    assert found.judgement is kinds[expected], found


def test_only_what_is_expected_can_be_missing() -> None:
    assert OLD is not None
    found = judge(
        OLD, hdr=None, adc=b"", roi_size=None, expected={Kind.ADC, Kind.ROI}
    )
    assert found.judgement is Judgement.INCOMPLETE
    assert found.reason == "roi missing"


def test_there_must_be_something_to_send() -> None:
    with pytest.raises(UsageError, match="name at least one"):
        Settings(members=frozenset())


# ---- the installed command


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    for number in range(2):
        write_bin(made.source, number)
    return made


def test_metadata_goes_first_and_images_when_there_is_a_cable(
    pier: Pier, scripted: ScriptedServer
) -> None:
    done = pier.upload("--members", "hdr,adc")
    assert "2 metadata only" in done.out
    assert "2 not among --members" in done.out
    assert {key[-4:] for key in bodies(scripted)} == {".hdr", ".adc"}
    done = pier.upload()
    assert "metadata only" not in done.out
    assert len(bodies(scripted)) == 6
    assert len(asked(scripted, routing.Op.PUT)) == 6


@pytest.mark.parametrize("members", ["", "hdr,png", ",", "hdr adc"])
def test_2_for_what_is_no_member(pier: Pier, members: str) -> None:
    done = pier.upload("--members", members, code=2)
    assert "--members" in done.sentence
