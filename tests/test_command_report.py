"""The installed command draws an archive, and asks no store for it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import TARGET, Done, Pier, forget, snapshot
from runs import bin_bytes, pid_text, write_bin
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes

NASTY = "<img src=x onerror=alert(1)>\x1b[31m"


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def run(pier: Pier, command: str, *args: object, **more: str) -> Done:
    done = pier.run(command, *args, **more)
    assert "Traceback" not in done.err
    return done


def data_of(file: Path) -> dict[str, Any]:
    """What the page's script draws from."""
    html = file.read_text("utf-8")
    [told] = re.findall(r'id="data">(.*?)</script>', html, re.DOTALL)
    data: dict[str, Any] = json.loads(told)
    return data


def cut() -> BinBytes:
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


def test_disk_journal_and_verification_come_together_without_a_request(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in (1, 2, 3, 4):
        write_bin(pier.source / "day", number)
    pier.upload()
    assert run(pier, "verify", pier.source, "--to", TARGET).code == 0
    for path in write_bin(pier.source / "day", 3).values():
        path.unlink()
    write_bin(pier.source / "day", 4, made=bin_bytes(rois=9))
    write_bin(pier.source / "day", 5)
    write_bin(pier.source / "day", 6, made=cut())
    before = snapshot(pier.source), snapshot(pier.state)
    forget(scripted)

    # Nobody says which tree: the journal knows.
    done = run(pier, "report", "--html", "r.html", "--png", "r.png", "--json")

    assert done.code == 0, done
    assert (snapshot(pier.source), snapshot(pier.state)) == before
    assert not scripted.log
    told = json.loads(done.out)
    assert told["event"] == "report_written"
    assert told["sources"] == [{"source": str(pier.source), "target": TARGET}]
    assert told["standing"] == {
        "in the store": 2,
        "not in the store yet": 1,
        "broken": 1,
        "changed": 1,
    }
    assert (told["here"], told["in_the_store"]) == (5, 4)
    assert told["no_longer_here"] == 1
    [seen] = told["verified"]
    assert (seen["source"], seen["target"]) == (str(pier.source), TARGET)
    assert (seen["level"], seen["safe"]) == ("checksum", True)
    assert (seen["bins"], seen["lacking"]) == ({"safe": 4}, 0)
    assert told["time"] > seen["time"]
    html = (pier.cwd / "r.html").read_text("utf-8")
    assert "broken: roi ends 7 bytes before the last image does" in html
    assert "not the size that was sent" in html
    assert "all that should be in the store was there, by checksum" in html
    data = data_of(pier.cwd / "r.html")
    [one] = data["instruments"]
    assert (one["name"], one["here"], one["sent"]) == ("IFCB134", [5], [4])
    assert {"rois", "lag", "rates", "pulse"} < set(data["charts"])
    assert (pier.cwd / "r.png").read_bytes().startswith(b"\x89PNG")
    assert "Written: r.html (" in done.err
    assert "Somebody has to look at 2 bins: 1 broken, 1 changed." in done.err

    # A slip in --to does not cost the good page.
    slip = ("--to", "s3://no/such", "--html", "r.html")
    said = refused(pier, pier.source, *slip)
    assert said == (
        f"the journal has no run to s3://no/such; it has runs to {TARGET}"
    )
    assert (pier.cwd / "r.html").read_text("utf-8") == html


def test_a_disk_that_is_not_mounted_is_shouted_about(pier: Pier) -> None:
    write_bin(pier.source / "day", 1)
    pier.upload()
    words = ("report", pier.source, "--html", "r.html")
    assert "is empty" not in run(pier, *words, "--json").err
    shutil.rmtree(pier.source / "day")

    done = run(pier, *words, "--quiet")
    said = (
        f"{pier.source} is empty: no bin is in it, and the journal has 1 bin"
        " in the store. Is its disk mounted?"
    )
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith(f"{said}\n")
    html = (pier.cwd / "r.html").read_text("utf-8")
    assert f'<ul class="statements"><li class="bad"><b>!</b> {said}' in html

    # Of a part of it nobody knows, as long as there is another.
    (pier.source / "beads").mkdir()
    done = run(pier, *words, "--quiet", "--exclude-dir", "beads")
    assert done.err == ""


def test_every_option_counts(pier: Pier) -> None:
    for number in (1, 2):
        write_bin(pier.source / "a", number)
        write_bin(pier.source / "beads", number + 10)
    write_bin(pier.source / "a", 3, made=cut(), age=10)
    write_bin(pier.source / "a", 4, made=cut())
    pier.upload("--state", pier.root / "state", code=4)
    known = pier.root / "known"
    known.write_text(pid_text(4))
    listed = pier.root / "listed"
    listed.write_text("a\n")
    (pier.cwd / ".env2").write_text("PT5_QUIET=1\n")

    done = run(
        pier,
        "report",
        pier.source,
        *("--html", "r.html", "--png", "r.png", "--json", "--color", "never"),
        *("--state", pier.root / "state", "--to", TARGET),
        *("--known-broken", known, "--env-file", ".env2", "--recursive"),
        *("--exclude-dir", "beads", "--instrument", "134"),
        *("--since", "2022-05-22", "--until", "2022-05-22"),
        *("--include", "a/*", "--exclude", "nothing", "--order", "newest"),
        *("--files-from", listed, "--follow-links", "--include-hidden"),
        *("--members", "roi,hdr,adc", "--min-age", "1s"),
        *("--broken-after", "1d"),
    )
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    # All four of the folder; the cut ones were touched within a day.
    assert told["here"] == 4
    assert told["standing"]["held for now"] == 2
    html = (pier.cwd / "r.html").read_text()
    assert "Only IFCB134, since 2022-05-22 00:00, before 2022-05-23" in html

    done = run(
        pier,
        "report",
        pier.source,
        *("--html", "r.html", "--json", "--quiet", "--known-broken", known),
        *("--broken-after", "1s", "--min-age", "1s"),
    )
    told = json.loads(done.out)
    assert told["standing"]["known to be broken"] == 1
    assert told["standing"]["broken"] == 1


def test_a_hostile_name_is_text_in_words_page_and_picture(
    pier: Pier, tmp_path: Path
) -> None:
    tree = tmp_path / NASTY
    write_bin(tree / NASTY, 1, without=(Kind.ADC,))
    done = run(pier, "report", tree, "--html", "r.html", "--png", "r.png")
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    html = (pier.cwd / "r.html").read_text()
    assert "<img src=x" not in html
    assert "\x1b" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;\\x1b[31m/D2022" in html
    # As an upload would say it: such a name can be no key.
    assert "its key has a control character, U+001B" in html
    assert "No journal tells what is in the store" in html


def refused(pier: Pier, *args: object, **more: str) -> str:
    done = run(pier, "report", *args, **more)
    assert (done.code, done.out) == (2, "")
    return done.sentence


def test_2_for_what_cannot_be_written_and_nothing_is_read_or_written(
    pier: Pier,
) -> None:
    write_bin(pier.source, 1)
    inside = pier.source / "r.html"
    pictures = pier.cwd / "mine.html"
    pictures.write_text("<p>something else</p>")
    source = pier.source
    assert "give --html FILE" in refused(pier, source)
    said = refused(pier, source, "--html", inside)
    assert "inside SOURCE, where nothing is ever written" in said
    said = refused(pier, source, "--html", pictures)
    assert "is there, and no report of ours" in said
    said = refused(pier, source, "--html", "no/where.html")
    assert said.startswith("--html: there is no folder")
    said = refused(pier, source, "--html", "a", "--png", "./a")
    assert "name one file" in said
    assert "is no file; name one" in refused(pier, source, "--png", pier.root)
    assert pictures.read_text() == "<p>something else</p>"
    assert [path.name for path in pier.cwd.iterdir()] == ["mine.html"]


def test_2_where_nobody_says_which_bins_and_the_way_out(pier: Pier) -> None:
    said = refused(pier, "--html", "r.html")
    assert "has no run that would name one; name the folder" in said
    said = refused(pier, "nowhere", "--html", "r.html")
    assert "nowhere" in said
    assert not list(pier.cwd.iterdir())


def test_2_without_the_extra_and_how_to_get_it(pier: Pier) -> None:
    write_bin(pier.source, 1)
    fakes = pier.root / "fakes"
    fakes.mkdir()
    (fakes / "vl_convert.py").write_text("raise ImportError('not here')")
    said = refused(
        pier, pier.source, "--html", "r.html", PYTHONPATH=str(fakes)
    )
    assert "pip install 'pt5-async[report]'" in said


def test_an_older_report_gives_way_whole_and_a_link_to_it_stays(
    pier: Pier, tmp_path: Path
) -> None:
    write_bin(pier.source, 1)
    real = tmp_path / "www" / "real.html"
    real.parent.mkdir()
    (pier.cwd / "r.html").symlink_to(real)
    words = ("report", pier.source, "--html", "r.html", "--quiet")
    assert run(pier, *words) == Done(0, "", "")
    first = real.read_bytes()
    write_bin(pier.source, 2)
    assert run(pier, *words) == Done(0, "", "")
    assert data_of(real)["instruments"][0]["here"] == [2]
    assert real.read_bytes() != first
    assert (pier.cwd / "r.html").is_symlink()
    assert [path.name for path in real.parent.iterdir()] == ["real.html"]
