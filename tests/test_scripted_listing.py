"""The scripted server lists objects, uploads and parts as S3 does."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from servers.raw import Wire, crc64
from servers.scripted import ScriptedServer

BODY = b"some bytes"


@asynccontextmanager
async def s3_client(server: ScriptedServer) -> AsyncIterator[Any]:
    where = server.endpoint
    config = AioConfig(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1},
    )
    async with AioSession().create_client(
        "s3",
        endpoint_url=where.url,
        region_name=where.region,
        aws_access_key_id=where.access_key,
        aws_secret_access_key=where.secret_key,
        config=config,
    ) as client:
        yield client


async def listed(client: Any, **wanted: object) -> list[str]:
    found: list[str] = []
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket="bucket", **wanted
    )
    async for page in pages:
        found += (one["Key"] for one in page.get("Contents", ()))
        found += (one["Prefix"] for one in page.get("CommonPrefixes", ()))
        assert page["KeyCount"] <= page["MaxKeys"]
    return found


KEYS = ["a", "a b+c", "a/1", "a/2", "a/b/3", "a0", "b/é", "b/𝄞", "b/￿"]


async def test_a_listing_gives_every_key_once_whatever_the_page(
    scripted: ScriptedServer,
) -> None:
    async with s3_client(scripted) as client:
        for key in reversed(KEYS):
            await client.put_object(Bucket="bucket", Key=key, Body=b"1")
        in_order = sorted(KEYS, key=lambda key: key.encode())
        for size in (1, 2, 4, 9, 1000):
            paging = {"PageSize": size}
            assert await listed(client, PaginationConfig=paging) == in_order
            folders = await listed(
                client, PaginationConfig=paging, Delimiter="/", Prefix="a"
            )
            assert sorted(folders) == ["a", "a b+c", "a/", "a0"]
            assert await listed(
                client,
                PaginationConfig=paging,
                Delimiter="/",
                Prefix="a/",
                StartAfter="a/1",
            ) == ["a/2", "a/b/"]
            assert (
                await listed(client, PaginationConfig=paging, StartAfter="a/2")
                == in_order[in_order.index("a/2") + 1 :]
            )


async def test_a_listing_tells_size_time_and_etag(
    scripted: ScriptedServer,
) -> None:
    async with s3_client(scripted) as client:
        put_answer = await client.put_object(
            Bucket="bucket", Key="k", Body=BODY
        )
        answer = await client.list_objects_v2(Bucket="bucket")
    (one,) = answer["Contents"]
    assert one["Size"] == len(BODY)
    assert one["ETag"] == put_answer["ETag"]
    assert abs(one["LastModified"].timestamp() - time.time()) < 5
    assert one["LastModified"].microsecond == 0


def test_a_page_that_makes_no_sense_is_refused(wire: Wire) -> None:
    for query in ("continuation-token=a", "max-keys=x", "encoding-type=q"):
        reply = wire.ask("GET", f"/bucket?list-type=2&{query}")
        assert reply.code == "InvalidArgument", query
    upload = wire.ask("POST", "/bucket/k?uploads=").field("UploadId")
    target = f"/bucket/k?part-number-marker=x&uploadId={upload}"
    assert wire.ask("GET", target).code == "InvalidArgument"


async def test_uploads_and_their_parts_are_listed_page_by_page(
    scripted: ScriptedServer,
) -> None:
    async with s3_client(scripted) as client:
        upload = ""
        for key in ("x/1", "x/2", "x/2", "y"):
            begun = await client.create_multipart_upload(
                Bucket="bucket",
                Key=key,
                ChecksumAlgorithm="CRC64NVME",
                ChecksumType="FULL_OBJECT",
            )
            upload = begun["UploadId"]
            await client.upload_part(
                Bucket="bucket",
                Key=key,
                UploadId=upload,
                PartNumber=3,
                Body=b"3",
            )
        keys = []
        pages = client.get_paginator("list_multipart_uploads").paginate(
            Bucket="bucket", Prefix="x/", PaginationConfig={"PageSize": 1}
        )
        async for page in pages:
            keys += [one["Key"] for one in page.get("Uploads", ())]
        assert keys == ["x/1", "x/2", "x/2"]
        await client.upload_part(
            Bucket="bucket",
            Key="y",
            UploadId=upload,
            PartNumber=1,
            Body=b"one",
        )
        pages = client.get_paginator("list_parts").paginate(
            Bucket="bucket",
            Key="y",
            UploadId=upload,
            PaginationConfig={"PageSize": 1},
        )
        parts = [part async for page in pages for part in page["Parts"]]
    assert [(p["PartNumber"], p["Size"]) for p in parts] == [(1, 3), (3, 1)]
    assert parts[0]["ChecksumCRC64NVME"] == crc64(b"one")
