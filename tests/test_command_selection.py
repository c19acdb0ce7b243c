"""The installed command sends what is asked for, and nothing else."""

from pathlib import Path

import pytest
from commands import PROGRAM, TARGET, Pier, bodies, files_below
from runs import names, pid_text, write, write_bin
from servers.scripted import ScriptedServer

EARLY, LATE = pid_text(1), pid_text(7200)
"""Bins of 2022-05-22, one second into the day and two hours."""


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


@pytest.fixture
def tree(pier: Pier) -> Path:
    write_bin(pier.source / "2022" / "day", 1)
    write_bin(pier.source / "2022" / "day", 7200)
    write_bin(pier.source / "beads", 3)
    write_bin(pier.source / ".old", 4)
    write(pier.source / "2022" / "notes.txt")
    return pier.source


def sent(scripted: ScriptedServer) -> set[str]:
    """The bins and files in the store, by their paths."""
    ends = (".roi", ".hdr", ".adc")
    return {
        key[: -4 if key.endswith(ends) else None] for key in bodies(scripted)
    }


DAY = {f"2022/day/{EARLY}", f"2022/day/{LATE}"}
BEADS = f"beads/{pid_text(3)}"


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("words", "wanted", "unasked"),
    [
        (["--include", "2022"], DAY, 0),
        (
            ["--include", "*T020000*", "--include", "beads"],
            {f"2022/day/{LATE}", BEADS},
            3,
        ),
        (["--exclude", "2022/**"], {BEADS}, 0),
        (
            ["--include", "**/day/*", "--exclude", f"{EARLY}*"],
            {f"2022/day/{LATE}"},
            6,
        ),
        (["--exclude-dir", "beads"], DAY, 0),
        (["--instrument", "ifcb134", "--instrument", "1"], {*DAY, BEADS}, 0),
        (["--instrument", "104"], set(), 9),
        (["--since", "2022-05-22T02:00:00Z"], {f"2022/day/{LATE}"}, 6),
        (["--until", "2022-05-22T02:00:00"], {f"2022/day/{EARLY}", BEADS}, 3),
        (["--since", "2022-05-22", "--until", "2022-05-22"], {*DAY, BEADS}, 0),
        (["--until", "2022-05-21"], set(), 9),
        (["--include-hidden"], {*DAY, BEADS, f".old/{pid_text(4)}"}, 0),
    ],
)
def test_what_is_asked_for_is_sent_and_the_rest_counted(
    pier: Pier,
    scripted: ScriptedServer,
    words: list[str],
    wanted: set[str],
    unasked: int,
) -> None:
    done = pier.upload(*words)
    assert sent(scripted) == wanted
    told = f"{unasked} files not asked for\n"
    assert (told in done.out) == (unasked > 0)


def test_a_list_says_what_is_sent(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    write(pier.cwd / "todo", f"{tree}/2022/day/{LATE}.hdr\nbeads\n".encode())
    pier.upload("--files-from", "todo")
    assert sent(scripted) == {f"2022/day/{LATE}", BEADS}


def test_a_list_may_come_through_a_pipe(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    script = 'printf "%s\\n" "$0" | "$1" upload "$2" --to "$3" --files-from -'
    done = pier.run(
        "-c",
        script,
        "2022/notes.txt",
        PROGRAM,
        tree,
        TARGET,
        program=("/bin/sh",),
    )
    assert done.code == 0, done
    assert sent(scripted) == {"2022/notes.txt"}


@pytest.mark.usefixtures("tree")
def test_what_is_listed_and_not_there_is_a_failed_file(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write(pier.cwd / "todo", b"2022/gone.txt\nbeads\n")
    done = pier.upload("--files-from", "todo", code=3)
    assert sent(scripted) == {BEADS}
    assert "Failed: 1 file" in done.out
    assert "2022/gone.txt is on the list of files, and is not there" in (
        done.out + done.err
    )


@pytest.mark.usefixtures("tree")
def test_the_newest_goes_first_when_that_is_asked_for(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload("--order", "newest", "--concurrency", "1")
    marks = [one.key for one in scripted.visible if one.key.endswith(".adc")]
    assert marks == [
        f"p/{BEADS}.adc",
        f"p/2022/day/{LATE}.adc",
        f"p/2022/day/{EARLY}.adc",
    ]


def test_links_are_followed_when_that_is_asked_for(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    elsewhere = write_bin(pier.root / "elsewhere", 9)
    (tree / "2023").symlink_to(pier.root / "elsewhere")
    (tree / "loop").symlink_to(tree)
    for path in write_bin(pier.root / "loose", 10).values():
        (tree / "2022" / path.name).symlink_to(path)
    done = pier.upload("--follow-links", "--verbose")
    linked = {f"2023/{pid_text(9)}", f"2022/{pid_text(10)}"}
    assert sent(scripted) == {*DAY, BEADS, *linked}
    assert "1 a folder that was walked already" in done.out
    body = next(iter(elsewhere.values())).read_bytes()
    assert body in bodies(scripted).values()
    quiet = pier.upload("--follow-links")
    assert "Total Files: 0\n" in quiet.out


def test_no_link_leads_to_what_a_run_itself_writes(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    outside = pier.root / "outside"
    outside.mkdir()
    (outside / "pt5-async.log.7").write_text("lines of last week")
    (outside / "notes").write_text("goes")
    (tree / "out").symlink_to(outside)
    (tree / "here.jsonl").symlink_to(outside / "receipt.jsonl")
    words = ("--all-files", "--follow-links", "--state", outside)
    words += ("--min-age", "0s")
    told = ("--receipt", outside / "receipt.jsonl", "--receipt-all")
    done = pier.upload(*words, *told)
    assert "out/notes" in bodies(scripted)
    assert not [k for k in bodies(scripted) if "here" in k or "run-" in k]
    assert not [k for k in bodies(scripted) if "journal" in k or "log" in k]
    assert "  7 a journal, log or receipt of this program\n" in done.out
    dry = pier.upload(*words, "--dry-run", "--include", "out")
    # It is told of no receipt, and so takes that for a file.
    assert "  5 a journal, log or receipt of this program\n" in dry.out
    single = pier.run(
        *("upload", outside / "journal.sqlite3", "--to", TARGET),
        *("--state", outside, "--dry-run"),
    )
    assert "  1 a journal, log or receipt of this program\n" in single.out


def test_a_linked_tree_is_left_alone_otherwise(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    (tree / "2023").symlink_to(pier.root)
    done = pier.upload()
    assert "1 a link" in done.out
    assert sent(scripted) == {*DAY, BEADS}


@pytest.mark.usefixtures("tree")
def test_the_dry_run_asks_for_the_same(
    pier: Pier, scripted: ScriptedServer
) -> None:
    done = pier.upload("--dry-run", "--include", "beads")
    assert not scripted.objects
    assert "Files To Send: 3\n" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ["--include", "*.roi"],
        ["--exclude", "2022/*.adc"],
        ["--include", "/data/ifcb/*"],
        ["--include", "beads", "--exclude", "beads"],
        ["--exclude-dir", "2022/day"],
        ["--instrument", "one"],
        ["--since", "yesterday"],
        ["--until", "2022-05-32"],
        ["--since", "2022-05-23", "--until", "2022-05-22"],
        ["--files-from", "not-there"],
        ["--files-from", "outside"],
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence_before_any_request(
    pier: Pier, tree: Path, scripted: ScriptedServer, words: list[str]
) -> None:
    write(pier.cwd / "outside", b"/etc/passwd\n")
    before = files_below(tree)
    done = pier.upload(*words, code=2)
    assert done.sentence
    assert not scripted.objects
    assert not scripted.log
    assert files_below(tree) == before


@pytest.mark.usefixtures("tree")
def test_the_sentence_about_a_split_bin_names_the_way_out(pier: Pier) -> None:
    assert "--members" in pier.upload("--include", "*.roi", code=2).sentence


def test_members_are_all_sent_of_each_bin(
    pier: Pier, tree: Path, scripted: ScriptedServer
) -> None:
    pier.upload("--include", f"{EARLY}.*")
    assert set(bodies(scripted)) == {f"2022/day/{one}" for one in names(1)}
