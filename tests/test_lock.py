"""One run at a time per state folder, endpoint and bucket."""

import errno
import fcntl
import json
import os
import re
import shutil
import socket
import stat
import tempfile
import threading
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from entries import AS_NOBODY, answer, child

from pt5_async.errors import JournalError, JournalFull, RunBusy
from pt5_async.lock import FULL, hold, make_private, refusal

HOLDS = """
import sys, time
from pathlib import Path
from pt5_async.lock import hold
with hold(Path(sys.argv[1]), endpoint="https://e", bucket="b"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def held(
    folder: Path, *, endpoint: str = "https://e", bucket: str = "b"
) -> AbstractContextManager[None]:
    return hold(folder, endpoint=endpoint, bucket=bucket)


def lock_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_second_run_hears_who_holds_the_lock(tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    with child(HOLDS, tmp_path) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(RunBusy) as caught, held(tmp_path):
            pass
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.wait(10) == 0
    said = str(caught.value)
    assert f"process {first.pid} on {socket.gethostname()}" in said
    assert "bucket b at https://e" in said
    assert "wait for its end, or stop it" in said
    (started,) = re.findall(r"started (\S+Z)\)", said)
    moment = datetime.fromisoformat(started)
    assert before <= moment <= datetime.now(UTC)
    with held(tmp_path):
        pass


def test_two_runs_of_one_process_exclude_each_other_too(
    tmp_path: Path,
) -> None:
    with held(tmp_path):
        with pytest.raises(RunBusy, match=f"process {os.getpid()} "):
            held(tmp_path).__enter__()
        with pytest.raises(RunBusy):  # being refused once freed nothing
            held(tmp_path).__enter__()


def test_other_targets_and_folders_are_not_in_the_way(tmp_path: Path) -> None:
    with (
        held(tmp_path / "state"),
        held(tmp_path / "state", bucket="other"),
        held(tmp_path / "state", endpoint="https://other"),
        held(tmp_path / "elsewhere"),
        # The two halves of a name cannot be shifted into one another.
        held(tmp_path / "state", endpoint="https://eb", bucket=""),
        held(tmp_path / "state", endpoint="\udcff", bucket="\udcff"),
    ):
        assert len(list((tmp_path / "state").iterdir())) == 5


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    with child(HOLDS, tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        first.kill()
    with held(tmp_path), pytest.raises(RunBusy, match=f"{os.getpid()} on"):
        held(tmp_path).__enter__()


def test_the_file_stays_and_names_its_holder_only_while_held(
    tmp_path: Path,
) -> None:
    with held(tmp_path / "state"):
        file = lock_file(tmp_path / "state")
        content = json.loads(file.read_text())
        assert content.keys() == {"pid", "host", "started"}
        assert content["pid"] == os.getpid()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.read_text() == ""
    with held(tmp_path / "state"):
        assert lock_file(tmp_path / "state") == file


def test_what_goes_wrong_inside_passes_untouched_and_frees_the_lock(
    tmp_path: Path,
) -> None:
    with pytest.raises(OSError, match="own"), held(tmp_path):
        raise OSError(errno.ENOSPC, "own")
    with held(tmp_path):
        pass


def test_a_holder_that_has_not_signed_yet_is_waited_for(
    tmp_path: Path,
) -> None:
    with held(tmp_path):
        pass
    with lock_file(tmp_path).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        signature = '{"pid": 1, "host": "pier", "started": "2026-01-01Z"}'

        def sign() -> None:
            time.sleep(0.06)
            file.write(signature)
            file.flush()

        signer = threading.Thread(target=sign)
        signer.start()
        with pytest.raises(RunBusy, match="process 1 on pier"):
            held(tmp_path).__enter__()
        signer.join()


@pytest.mark.parametrize("content", ["", "scribble", "[]", "{}"])
def test_a_holder_that_cannot_be_read_is_still_a_holder(
    tmp_path: Path, content: str
) -> None:
    with held(tmp_path):
        pass
    with lock_file(tmp_path).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        with pytest.raises(RunBusy, match="to bucket b at https://e; wait"):
            held(tmp_path).__enter__()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    # No file system that refuses locks can be made here.
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(JournalError, match="cannot lock files") as caught:
        held(tmp_path).__enter__()
    assert str(tmp_path) in str(caught.value)
    assert "local disk with --state" in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(JournalError, match="--state") as caught:
            held(folder).__enter__()
        assert str(folder) in str(caught.value)


def test_a_folder_without_rights_is_named() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o555)
        said = answer(
            "import sys\nfrom pathlib import Path\n"
            "from pt5_async.errors import JournalError\n"
            "from pt5_async.lock import hold\n" + AS_NOBODY + "try:\n"
            "    hold(Path(sys.argv[1]), endpoint='e', bucket='b')"
            ".__enter__()\n"
            "except JournalError as error:\n"
            "    print(error, flush=True)\n"
            "os._exit(0)",
            folder,
        )
    finally:
        shutil.rmtree(folder)
    assert f"lock file {folder}" in said
    assert "Permission denied" in said
    assert "--state" in said


@pytest.mark.parametrize("number", sorted(FULL))
def test_a_lack_of_room_is_an_error_of_its_own(number: int) -> None:
    error = refusal("cannot do it", OSError(number, os.strerror(number)))
    assert isinstance(error, JournalFull)
    assert str(error).startswith(f"cannot do it: {os.strerror(number)}; ")


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "state")
    mode = stat.S_IMODE((tmp_path / "a" / "state").stat().st_mode)
    assert mode == 0o700
    make_private(tmp_path / "a" / "state")
