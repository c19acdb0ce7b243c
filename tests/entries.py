"""What the journal's tests note: an entry, an upload, a part."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import PIPE, Popen

from pt5_async.errors import JournalError
from pt5_async.journal import Journal, OpenUpload
from pt5_async.model import Entry, Proof
from pt5_async.store import Part

ENDPOINT = "https://s3.example"
BUCKET = "plankton"

AS_NOBODY = """
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
"""For a child: root may do everything, so it becomes somebody else."""


def entry(
    key: str,
    *,
    size: int = 5,
    mtime_ns: int = 7,
    proof: Proof = Proof.CRC64NVME,
    whole: bool = True,
    version: str | None = None,
) -> Entry:
    return Entry(
        key=key,
        path=key.removeprefix("prefix/"),
        size=size,
        mtime_ns=mtime_ns,
        checksum="crc64nvme:AAAAAAAAAAA=",
        etag="d41d8cd98f00b204e9800998ecf8427e",
        version=version,
        proof=proof,
        whole=whole,
        sent_at_ns=1_700_000_000_000_000_000,
    )


def upload(
    key: str, upload_id: str, *, begun_ns: int = 100, parts: int = 0
) -> OpenUpload:
    return OpenUpload(
        key=key,
        upload_id=upload_id,
        size=2**40,
        mtime_ns=7,
        part_size=8 * 2**20,
        algorithm="crc64nvme",
        begun_ns=begun_ns,
        parts=tuple(part(number + 1) for number in range(parts)),
    )


def part(number: int, *, etag: str = "e", digest: bytes | None = b"d") -> Part:
    return Part(
        number=number,
        size=8 * 2**20,
        etag=etag,
        crc64=bytes(range(8)),
        digest=digest,
    )


def opened(
    folder: Path,
    *,
    endpoint: str = ENDPOINT,
    bucket: str = BUCKET,
    read_only: bool = False,
) -> Journal:
    return Journal.open(
        folder, endpoint=endpoint, bucket=bucket, read_only=read_only
    )


def known(folder: Path, keys: Sequence[str]) -> dict[str, Entry]:
    """What another process would find in the journal now."""
    with opened(folder, read_only=True) as journal:
        return journal.look_up(keys)


def trouble_of(journal: Journal) -> JournalError | None:
    """The journal's trouble, asked anew."""
    return journal.trouble


def await_trouble(journal: Journal) -> JournalError:
    """What the journal's thread runs into within five seconds."""
    begun = time.monotonic()
    while (trouble := journal.trouble) is None:
        assert time.monotonic() - begun < 5
        time.sleep(0.02)
    return trouble


def child(script: str, *arguments: object) -> Popen[str]:
    """A Python that runs `script` beside the test."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)


def answer(script: str, *arguments: object) -> str:
    """What `script` prints; its errors are the test's."""
    with child(script, *arguments) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output.strip()
