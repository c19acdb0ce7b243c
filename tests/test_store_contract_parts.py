"""What every store does with uploads in parts, fake or real."""

from collections.abc import AsyncIterator
from random import Random

import pytest
from stores import MIB, MTIME, meta, put, put_part
from subjects import SUBJECTS, Subject, subject_of

from pt5_async.errors import ObjectRefused, StoreBusy, UploadGone
from pt5_async.store import Multipart, Part

LARGE = Random(1).randbytes(5 * MIB)
OTHER = LARGE[::-1]
"""As large as a part must be that is not the last (S3's own rule)."""


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with subject_of(request.param, request) as opened:
        # As in most runs, a first object has shown what proof there is.
        await put(opened.store, f"first/{opened.prefix.strip('/')}")
        yield opened


async def visible(subject: Subject) -> list[str]:
    pages = subject.store.list(subject.prefix)
    return [found.key async for page in pages for found in page]


async def test_parts_become_one_object_whatever_their_order(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x y.roi"
    bodies = {3: b"the end", 1: LARGE, 2: OTHER}
    upload = await store.begin(meta(key, "image/x"))

    parts = [
        await put_part(store, key, upload, number, body)
        for number, body in bodies.items()
    ]
    hidden = await visible(subject)
    in_order = sorted(parts, key=lambda part: part.number)
    stored = await store.complete(key, upload, tuple(in_order))

    assert hidden == []
    assert await visible(subject) == [key]
    seen = await subject.eyes.read(key)
    assert seen.body == LARGE + OTHER + b"the end"
    assert seen.content_type == "image/x"
    assert seen.metadata["mtime"] == MTIME["mtime"]
    assert '"' not in stored.etag
    assert await subject.eyes.unfinished(subject.prefix) == []


async def test_a_part_may_be_sent_again(subject: Subject) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    upload = await store.begin(meta(key))

    bodies = (LARGE, b"the end")
    twice = [
        await put_part(store, key, upload, number, body)
        for _ in range(2)
        for number, body in enumerate(bodies, 1)
    ]
    await store.complete(key, upload, tuple(twice[2:]))

    assert (await subject.eyes.read(key)).body == LARGE + b"the end"


async def test_a_part_with_other_bytes_replaces_the_first(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    upload = await store.begin(meta(key))
    await put_part(store, key, upload, 1, b"old bytes")

    if subject.server == "rclone":  # it has written them already
        with pytest.raises(ObjectRefused):
            await put_part(store, key, upload, 1, b"new bytes!")
        return
    part = await put_part(store, key, upload, 1, b"new bytes!")
    await store.complete(key, upload, (part,))

    assert (await subject.eyes.read(key)).body == b"new bytes!"


async def test_an_upload_goes_on_with_parts_known_from_elsewhere(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    begun = await store.begin(meta(key))
    sent = await put_part(store, key, begun, 1, LARGE)

    upload = Multipart(begun.upload_id, begun.algorithm)
    known = Part(1, sent.size, sent.etag, sent.crc64, sent.digest)
    last = await put_part(subject.again, key, upload, 2, b"the rest")
    await subject.again.complete(key, upload, (known, last))

    assert (await subject.eyes.read(key)).body == LARGE + b"the rest"


async def test_an_object_may_be_one_small_part(subject: Subject) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    upload = await store.begin(meta(key))

    part = await put_part(store, key, upload, 1, b"all of it")
    await store.complete(key, upload, (part,))

    assert (await subject.eyes.read(key)).body == b"all of it"


async def test_a_part_that_was_never_sent_completes_nothing(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    upload = await store.begin(meta(key))
    part = await put_part(store, key, upload, 1, b"one")
    never = Part(2, part.size, part.etag, part.crc64, part.digest)

    with pytest.raises(UploadGone):
        await store.complete(key, upload, (part, never))

    assert await visible(subject) == []


async def test_an_aborted_upload_leaves_nothing(subject: Subject) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    upload = await store.begin(meta(key))
    part = await put_part(store, key, upload, 1, b"some")
    assert await subject.eyes.unfinished(subject.prefix) == [key]

    await store.abort(key, upload.upload_id)

    assert await subject.eyes.unfinished(subject.prefix) == []
    assert await visible(subject) == []
    # moto breaks (500) over an upload that it does not know.
    gone = StoreBusy if subject.server == "moto" else UploadGone
    with pytest.raises(gone):
        await put_part(store, key, upload, 2, b"more")
    with pytest.raises(gone):
        await store.complete(key, upload, (part,))


async def test_an_upload_that_is_over_may_be_aborted_again(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    aborted = await store.begin(meta(key))
    completed = await store.begin(meta(key))
    part = await put_part(store, key, completed, 1, b"kept")
    await store.complete(key, completed, (part,))

    for upload in (aborted, aborted, completed, completed):
        await store.abort(key, upload.upload_id)
    await store.abort(f"{key}.never", aborted.upload_id)

    assert (await subject.eyes.read(key)).body == b"kept"


async def test_an_object_stays_while_another_of_its_name_is_sent(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}x.roi"
    await put(store, key, b"the old one")
    upload = await store.begin(meta(key))
    part = await put_part(store, key, upload, 1, b"the new one")

    assert (await subject.eyes.read(key)).body == b"the old one"

    await store.complete(key, upload, (part,))
    assert (await subject.eyes.read(key)).body == b"the new one"


async def test_what_was_begun_is_listed_and_weighed_until_it_ends(
    subject: Subject,
) -> None:
    store, key = subject.store, f"{subject.prefix}left.roi"
    upload = await store.begin(meta(key))
    for number, body in enumerate((LARGE, b"the end"), 1):
        await put_part(store, key, upload, number, body)

    [found], following = await store.begun(subject.prefix)
    weight = await store.weighed(key, upload.upload_id)
    elsewhere, _ = await store.begun(f"{subject.prefix}other")
    await store.abort(key, upload.upload_id)

    assert (found.key, found.upload_id) == (key, upload.upload_id)
    assert (following, elsewhere) == (None, [])
    assert weight is not None
    assert (weight.parts, weight.size) == (2, len(LARGE) + 7)
    assert weight.following == 0
    assert (await store.begun(subject.prefix))[0] == []
    assert await store.weighed(key, upload.upload_id) is None
