"""A network that changes what it carries, before stores of several kinds."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from catalogue import ADC, ROI, row
from commands import files_below
from fakes import Recorder
from runs import bin_bytes, write_bin
from servers.flipping import Flipping
from stores import Place, place_of

from pt5_async import Settings, Summary, errors, upload_tree
from pt5_async.model import Failed
from pt5_async.settings import ChecksumChoice, Lane

VERIFY = {"scripted": True, "rclone": True, "moto": False}
"""Whether a server compares a body with what was said of it."""


class Far(NamedTuple):
    """A tree here, and a prefix of its own in a bucket there."""

    root: Path
    place: Place
    prefix: str
    lane: str

    async def run(self, url: str, tell: Recorder, attempts: int) -> Summary:
        return await upload_tree(
            self.root / "tree",
            f"s3://{self.place.bucket}/{self.prefix}",
            settings=Settings(
                endpoint_url=url,
                region=self.place.endpoint.region,
                lane=Lane(self.lane),
                state=self.root / "state",
                concurrency=1,
                attempts=attempts,
                checksum=ChecksumChoice.MD5,
            ),
            session=self.place.session(),
            observer=tell,
        )

    async def objects(self) -> dict[str, bytes]:
        found = {}
        async with self.place.session().create_client(
            "s3",
            region_name=self.place.endpoint.region,
            endpoint_url=self.place.endpoint.url,
        ) as client:
            listed = await client.list_objects_v2(
                Bucket=self.place.bucket, Prefix=f"{self.prefix}/"
            )
            for one in listed.get("Contents", ()):
                got = await client.get_object(
                    Bucket=self.place.bucket, Key=one["Key"]
                )
                name = one["Key"].removeprefix(f"{self.prefix}/")
                found[name] = await got["Body"].read()
        return found


@pytest.fixture(params=VERIFY)
def server(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def far(
    request: pytest.FixtureRequest, tmp_path: Path, server: str, lane: str
) -> AsyncIterator[Far]:
    write_bin(tmp_path / "tree", 0)
    write_bin(tmp_path / "tree", 1, made=bin_bytes(rois=5))
    async with place_of(server, request) as place:
        yield Far(tmp_path, place, uuid.uuid4().hex, lane)


def flipping(far: Far, times: int | None) -> Flipping:
    needle = (far.root / "tree" / ROI).read_bytes()[-24:]
    return Flipping(far.place.endpoint.url, needle, times)


@row("other bytes")
async def test_a_byte_that_was_changed_on_the_way_is_sent_right(
    far: Far,
) -> None:
    with flipping(far, 1) as network:
        summary = await far.run(network.url, Recorder(), 3)
    assert network.flipped == 1
    assert (summary.uploaded.files, summary.failed.files) == (6, 0)
    assert await far.objects() == files_below(far.root / "tree")


@row("other bytes")
async def test_what_is_changed_each_time_is_never_reported_uploaded(
    far: Far, server: str
) -> None:
    tell = Recorder()
    with flipping(far, None) as network:
        summary = await far.run(network.url, tell, 2)
        assert network.flipped == 2
        assert summary.failed.files == 2
        failed = tell.outcomes()[ROI]
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, errors.BodyRefused)
        there = await far.objects()
        assert ADC not in there
        assert (ROI not in there) is VERIFY[server]
        network.quiet = True
        summary = await far.run(network.url, Recorder(), 2)
    assert summary.uploaded.files == 2
    assert await far.objects() == files_below(far.root / "tree")
