"""Where nobody could look there is no extra, for all that anybody knows."""

import csv
from pathlib import Path

import pytest
from commands import TARGET, Pier
from runs import pid_text, write_bin
from servers.scripted import ScriptedServer

from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.model import Item, LocalFile
from pt5_async.verify.unseen import Unseen

NAME = pid_text(1)


def unseen(
    relative: str, kind: Kind | None = None, layout: Layout = Layout.MIRROR
) -> Unseen:
    made = Unseen(layout)
    file = LocalFile(f"/s/{relative}", relative, 0, 0, 0, kind)
    made.take(Item(file, f"p/{relative}"))
    return made


def test_what_lies_below_a_shut_folder_is_hidden_and_nothing_else() -> None:
    shut = unseen("2026/a")
    assert shut.hides("p/2026/a")
    assert shut.hides(f"p/2026/a/b/{NAME}.adc")
    for other in ("p/2026/ab/c", "p/2026/c", "p/2026", "a", ""):
        assert not shut.hides(other)
    assert not Unseen(Layout.DAY).hides("p/x")


def test_a_member_that_is_not_seen_hides_its_key_in_each_layout() -> None:
    relative = f"x/{NAME}.roi"
    day = f"p/2022/D20220522/{NAME}"
    made = unseen(relative, Kind.ROI, Layout.DAY)
    assert made.hides(f"{day}.roi")
    assert not made.hides(f"{day}.adc")
    assert unseen(relative, Kind.ROI).hides(f"p/{relative}")


def test_where_keys_are_no_paths_a_shut_folder_hides_all() -> None:
    assert unseen("x", layout=Layout.YEAR).hides("p/elsewhere")
    assert unseen("").hides("p/elsewhere"), "SOURCE itself was shut"


def test_a_file_that_was_seen_hides_only_its_own_key() -> None:
    made = Unseen(Layout.DAY)
    note = LocalFile("/s/a/n", "a/n", 1, 0, 0)
    made.take(Item(note, "p/a/n"), seen=True)
    assert made.hides("p/a/n")
    assert not made.hides("p/b")


@pytest.mark.parametrize("layout", list(Layout)[:2])
def test_a_folder_that_is_shut_makes_no_object_extra(
    public: Path, scripted: ScriptedServer, layout: Layout
) -> None:
    (public / "home").mkdir()
    pier = Pier(public, public / "home", scripted)
    write_bin(pier.source / "shut", 1)
    write_bin(pier.source / "open", 2)
    gone = write_bin(pier.source / "open", 3)
    pier.upload("--layout", layout)
    for path in gone.values():
        path.unlink()
    words = ("--to", TARGET, "--layout", layout, "--extra", "--receipt")
    program = pier.by_nobody
    (pier.source / "shut").chmod(0)

    done = pier.run(
        "verify", pier.source, *words, pier.cwd / "u.csv", program=program
    )

    (pier.source / "shut").chmod(0o755)
    assert done.code == 3, done
    mirror = layout is Layout.MIRROR
    with (pier.cwd / "u.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    extra = {row["key"] for row in rows if row["outcome"] == "extra"}
    assert all(pid_text(3) in key for key in extra)
    assert len(extra) == (3 if mirror else 0)
    assert f"Not known: {3 if mirror else 6} objects, " in done.out
    assert ("Extra: not known, " in done.out) != mirror
