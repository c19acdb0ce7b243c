"""The policy of README.md allows what uploads ask for, and no more."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest
from commands import Pier, bodies, files_below
from readme import README, blocks, named, rows
from runs import large, write_bin
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.world import Logged

POLICY: Final = json.loads("".join(blocks("json")))
HEADING: Final = "What the keys may do"
TARGET: Final = "s3://my-bucket/my-site"

ACTIONS: Final = {
    Op.PUT: "s3:PutObject",
    Op.CREATE: "s3:PutObject",
    Op.PART: "s3:PutObject",
    Op.COMPLETE: "s3:PutObject",
    Op.ABORT: "s3:AbortMultipartUpload",
    Op.LIST: "s3:ListBucket",
}
"""Which right S3 asks for (Amazon S3 API Reference)."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(buckets=("my-bucket",)) as server:
        yield server


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, server: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, server)
    write_bin(made.source)
    write_bin(made.source / "2022" / "D20220522", 1)
    large(made.source)
    return made


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allows(statement: dict[str, Any], request: Logged) -> bool:
    """Whether IAM would let `request` pass because of `statement`."""
    thing = f"{request.bucket}/{request.key}".rstrip("/")
    wanted = statement.get("Condition", {}).get("StringLike", {})
    prefix = request.query.get("prefix", "")
    return (
        statement["Effect"] == "Allow"
        and ACTIONS[Op(request.op)] in listed(statement["Action"])
        and fnmatchcase(f"arn:aws:s3:::{thing}", statement["Resource"])
        and fnmatchcase(prefix, wanted.get("s3:prefix", "*"))
    )


def row_of(option: str) -> str:
    """What the section says of an option, on one line."""
    section = README.split(f"\n## {HEADING}\n")[1].split("\n## ")[0]
    [row] = re.findall(rf"^\| `{option}\b.*$", section, re.MULTILINE)
    return str(row)


def upload(pier: Pier, *args: str) -> None:
    done = pier.run(
        "upload", pier.source, "--to", TARGET, "--all-files", *args
    )
    assert done.code == 0, done


def test_it_allows_every_request_of_an_upload(
    pier: Pier, server: ScriptedServer
) -> None:
    upload(pier, "--validate")
    [look] = [one for one in server.log if one.op == Op.HEAD]
    server.log.remove(look)  # tried to be told of; it may be denied
    upload(pier, "--dry-run")
    upload(pier)
    upload(pier, "--no-journal")

    assert bodies(server, "my-site/") == files_below(pier.source)
    # What --validate asks in passing, for --compare checksum alone.
    needed = [one for one in server.log if one.op is not Op.HEAD]
    assert {one.op for one in needed} == set(ACTIONS)
    for request in needed:
        assert any(allows(one, request) for one in POLICY["Statement"])


def test_it_opens_nothing_beside_the_prefix() -> None:
    for statement in POLICY["Statement"]:
        said = json.dumps(statement)
        assert "my-site/*" in said
        assert statement.keys() <= {
            "Effect",
            "Action",
            "Resource",
            "Condition",
        }


def test_it_names_the_actions_that_the_text_explains() -> None:
    given = [
        action
        for statement in POLICY["Statement"]
        for action in listed(statement["Action"])
    ]
    told = [
        one
        for cells in rows(HEADING)
        for one in named(cells[0])
        if one.startswith("s3:")
    ]
    assert len(given) == len(set(given))
    assert set(given) == set(told) == set(ACTIONS.values())
    assert "*" not in "".join(given)


@pytest.mark.parametrize("optional", [Op.LIST, Op.ABORT])
def test_two_of_them_may_be_left_out(
    pier: Pier, server: ScriptedServer, optional: Op
) -> None:
    server.personality = Personality(denied=(Denied(optional),))
    upload(pier, "--validate")
    upload(pier)
    assert bodies(server, "my-site/") == files_below(pier.source)


@pytest.mark.parametrize("denied", [(), (Denied(Op.HEAD),)])
def test_comparing_checksums_takes_one_more(
    pier: Pier, server: ScriptedServer, denied: tuple[Denied, ...]
) -> None:
    assert "`s3:GetObject`" in row_of("--compare checksum")
    upload(pier, "--no-journal")
    server.log.clear()
    server.personality = Personality(denied=denied)
    upload(pier, "--compare", "checksum")
    ops = {one.op for one in server.log}
    assert Op.HEAD in ops
    # ETags decide, those of parts as well.
    assert Op.PUT not in ops
    assert Op.COMPLETE not in ops


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--tag", "site=pier"),
        ("--acl", "bucket-owner-full-control"),
        ("--sse", "aws:kms"),
    ],
)
def test_a_refused_option_names_the_action_that_the_text_names(
    pier: Pier, server: ScriptedServer, option: str, value: str
) -> None:
    server.personality = Personality(denied=(Denied(Op.PUT),))
    done = pier.run("upload", pier.source, "--to", TARGET, option, value)
    assert done.code == 6
    [right] = re.findall(rf"{option} needs (\S+?)[),]", done.sentence)
    assert f"`{right}`" in row_of(option)
