"""README.md on moving from the older script, and on other stores."""

import shlex
from pathlib import Path

import pytest
from commands import Pier, bodies, files_below
from readme import README, named, rows
from runs import write, write_bin
from servers.endpoint import Endpoint
from servers.scripted import ScriptedServer

from pt5_async.model import Proof

COMMANDS = [
    one
    for cells in rows("Coming from pt5_uploader")
    for one in named(cells[1])
]
SENT = {
    "--dry-run": 0,
    "--validate": 0,
    "--no-recursive": 3,
    "--all-files": 7,
}
"""Files that go with an option; 6 without."""

REFUSED = {
    "moto": (),
    "swift": ("--tag", "--storage-class", "--sse"),
    "rclone": (),
}
VALUES = {
    "--tag": "site=pier",
    "--storage-class": "STANDARD_IA",
    "--sse": "AES256",
    "--acl": "bucket-owner-full-control",
}


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source)
    write_bin(made.source / "below", 1)
    write(made.source / "notes")
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_every_new_command_does_what_the_older_one_did(
    pier: Pier, scripted: ScriptedServer, command: str
) -> None:
    pier.environ["IFCB_DATA_DIR"] = str(pier.source)
    pier.environ["AWS_UPLOAD_URL"] = "s3://bucket/my-site"
    told = command.replace("/data/ifcb", str(pier.source))
    told = told.replace("my-bucket", "bucket")
    program, *words = shlex.split(told)
    assert program == "pt5-async"

    done = pier.run(*words)

    assert done.code == 0, done
    sent = bodies(scripted, "my-site/")
    assert sent.items() <= files_below(pier.source).items()
    assert len(sent) == next(
        (count for word, count in SENT.items() if word in words), 6
    )


def test_there_is_a_command_for_every_line() -> None:
    assert len(COMMANDS) == len(rows("Coming from pt5_uploader"))


@pytest.mark.parametrize("name", REFUSED)
def test_a_store_lacks_what_is_said_of_it(
    name: str, pier: Pier, request: pytest.FixtureRequest
) -> None:
    [row] = [
        " ".join(cells)
        for cells in rows("Other stores, and what each lacks")
        if name in cells[0].lower()
    ]
    server: Endpoint = request.getfixturevalue(f"{name}_server")
    server.make_bucket("lacking")
    pier.environ |= {
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    words = ("upload", pier.source, "--endpoint-url", server.url)
    for option, value in VALUES.items():
        to = f"s3://lacking/{option}"
        done = pier.run(*words, "--to", to, option, value)
        assert done.code == (2 if option in REFUSED[name] else 0), done
        assert option not in REFUSED[name] or f"`{option}`" in row
    done = pier.run(*words, "--to", "s3://lacking/p")
    proof = Proof.CRC64NVME if name == "moto" else Proof.MD5
    assert f"Proven By: 6 {proof}" in done.out
    assert name == "moto" or f"`{proof}`" in row


def test_lines_are_no_longer_than_79() -> None:
    plain, fenced = [], False
    for line in README.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith("|"):
            plain.append(line)
    assert [line for line in plain if len(line) > 79] == []
