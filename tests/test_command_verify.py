"""The installed command holds a tree against a store, and says so."""

import json
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import TARGET, Done, Pier
from runs import bin_bytes, names, pid_text, rewrite, write, write_bin
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer
from servers.world import Upload

from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes

ALL = "{.roi,.hdr,.adc}"
ACL = "bucket-owner-full-control"


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def run(
    pier: Pier, command: str, *args: object, code: int = 0, **more: str
) -> Done:
    """Verify the tree; it has to end with `code`."""
    done = pier.run(command, pier.source, "--to", TARGET, *args, **more)
    assert done.code == code, done
    assert "Traceback" not in done.err
    return done


def drop(server: ScriptedServer, name: str) -> None:
    server.buckets["bucket"].drop(f"p/{name}")


def cut() -> BinBytes:
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


def of(kind: str, out: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in out.splitlines()]
    return [one for one in lines if one["event"] == kind]


def test_0_when_all_is_there_and_no_bin_is_named(pier: Pier) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2)
    write_bin(pier.source / "day", 3, age=5)
    pier.upload()

    done = run(pier, "verify")

    assert done.err == (
        f"Verifying {pier.source} against {TARGET}\n"
        "Requests to come: at least 1 ListObjectsV2\n"
        "Requests to come: at least 1 ListMultipartUploads\n"
    )
    # The last one was held as settling: it need not be there.
    [waits, *lines] = done.out.splitlines()
    assert waits == (
        f"  day/{pid_text(3)}{ALL}  settling: changed less than 60 s ago"
    )
    for line in (
        "Total Bins: 3",
        "Safe: 2 bins",
        "Not due yet: 1 bin",
        "  1 settling",
        "Same: 6 files, 2.54 KB (by 6 journal)",
        "Requests: 1 ListObjectsV2, 1 ListMultipartUploads",
    ):
        assert line in lines
    assert (
        lines[-1] == "All that should be in the store is there, by checksum."
    )


def test_3_when_files_are_missing_or_differ_and_each_is_named(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(1, 5):
        write_bin(pier.source, number)
    pier.upload()
    drop(scripted, names(1)[1])
    drop(scripted, names(2)[0])
    for name in names(3):
        drop(scripted, name)
    (pier.source / names(4)[0]).write_bytes(b"x")  # and so it is young

    done = run(pier, "verify", "--no-journal", "--min-age", "0", code=3)

    half = "the store has its .adc and not its .roi: readers stumble"
    all_ = ".roi, .hdr, .adc"
    short = "roi ends 171 bytes before the last image does"
    assert done.out.splitlines()[:4] == [
        f"  {pid_text(1)}{ALL}  incomplete in the store: .hdr missing",
        f"  {pid_text(2)}{ALL}  incomplete in the store: .roi missing; {half}",
        f"  {pid_text(3)}{ALL}  incomplete in the store: {all_} missing",
        f"  {pid_text(4)}{ALL}  being written: {short}",
    ]
    assert "Half: 1 bin in the store with .adc and without .roi\n" in done.out
    assert "Missing: 5 files, 1.96 KB\n" in done.out
    assert done.out.endswith(
        "Not all is safe: 3 not shown to be in the store.\n"
    )


def test_4_when_bins_are_only_broken_or_changed_here(pier: Pier) -> None:
    paths = write_bin(pier.source, 1)
    pier.upload()
    write_bin(pier.source, 2, made=cut())
    rewrite(paths[Kind.ROI], bytes(paths[Kind.ROI].stat().st_size))
    known = pier.root / "known"
    known.write_text(f"{pid_text(2)}\n")

    done = run(pier, "verify", code=4)
    less = run(pier, "verify", "--known-broken", known, code=4)

    assert f"  {pid_text(1)}{ALL}  changed here: .roi differs by" in done.out
    assert f"  {pid_text(2)}{ALL}  broken: roi ends 7 bytes" in done.out
    assert "1 broken here, 1 changed here.\n" in done.out
    assert pid_text(2) not in less.out
    assert less.out.endswith("Not all is safe: 1 changed here.\n")


def test_what_has_no_checksum_is_read_back_if_that_is_asked_for(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    scripted.personality = Personality(denied=(Denied(Op.HEAD),))
    bucket = scripted.buckets["bucket"]
    for thing in tuple(bucket.objects.values()):
        bucket.put(replace(thing, etag="0" * 32))

    poor = run(pier, "verify", code=3)
    read = run(pier, "verify", "--download")
    whole = run(pier, "verify", "--level", "download")
    sizes = run(pier, "verify", "--level", "listing")

    assert "warning: looking at objects is not allowed" in poor.err
    why = "not proven: no checksum to compare for .roi, .hdr, .adc"
    assert f"  {pid_text(0)}{ALL}  {why}\n" in poor.out
    asks = "Requests to come: up to 3 GetObject (up to 1.3 KB read back)\n"
    assert asks in read.err
    for done, by in ((read, "download"), (whole, "download"), (sizes, "size")):
        assert f"(by 3 {by})\n" in done.out
    assert whole.out.endswith("is there, byte for byte.\n")
    assert sizes.out.endswith("is there, by size.\n")
    done = run(pier, "verify", "--level", "listing", "--download", code=2)
    assert "contradict each other" in done.sentence


def test_objects_without_a_file_are_named_if_that_is_asked_for(
    pier: Pier,
) -> None:
    write_bin(pier.source, 1)
    gone = write_bin(pier.source, 2)
    pier.upload()
    for path in gone.values():
        path.unlink()

    plain, named = run(pier, "verify"), run(pier, "verify", "--extra")

    total = "Extra: 3 objects, 1.27 KB (--extra names them)\n"
    assert total in plain.out
    assert total.replace(" (--extra names them)", "") in named.out
    assert pid_text(2) not in plain.out
    assert f"  p/{pid_text(2)}.roi  172 B  extra\n" in named.out


def test_json_has_a_line_for_each_bin_and_the_totals(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2)
    gone = write_bin(pier.source, 3)
    pier.upload()
    drop(scripted, names(2)[0])
    drop(scripted, names(3)[0])
    for path in gone.values():
        path.unlink()

    done = run(pier, "verify", "--json", "--extra", "--no-journal", code=3)

    [begun] = of("verification_begun", done.out)
    assert (begun["target"], begun["level"]) == (TARGET, "checksum")
    [listing, heads, uploads] = of("requests", done.out)
    assert uploads["operation"] == "ListMultipartUploads"
    assert (listing["operation"], listing["most"]) == ("ListObjectsV2", None)
    assert (heads["least"], heads["most"]) == (5, 5)
    first, second = of("bin_verified", done.out)
    assert (first["pid"], first["state"]) == (pid_text(1), "safe")
    assert [one["by"] for one in first["files"]] == ["crc64nvme"] * 3
    assert (second["state"], second["half"]) == (
        "incomplete in the store",
        True,
    )
    assert [one["outcome"] for one in second["files"]] == [
        "missing",
        "same",
        "same",
    ]
    assert [one["key"][-4:] for one in of("extra", done.out)] == [
        ".adc",
        ".hdr",
    ]
    assert [one["key"] for one in of("half", done.out)] == [f"p/{names(3)[2]}"]
    [ended] = of("verification_ended", done.out)
    assert (ended["exit_code"], ended["safe"]) == (3, False)
    assert ended["bins"] == {"safe": 1, "incomplete in the store": 1}
    assert ended["extra"]["files"] == 2
    assert "Verifying" in done.err


def test_quiet_says_nothing_unless_something_is_not_safe(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, age=5)
    pier.upload()

    well = run(pier, "verify", "--quiet")
    drop(scripted, names(1)[0])
    ill = run(pier, "verify", "--quiet", code=3)

    assert (well.out, well.err) == ("", "")
    unsafe = run(pier, "verify", "--quiet", "--no-verify-ssl", code=3)
    assert "--no-verify-ssl: no certificate is checked" in unsafe.err
    assert ill.out == ""
    assert f"{pid_text(1)}{ALL}  incomplete in the store" in ill.err
    assert pid_text(2) not in ill.err


def test_every_option_on_where_and_how_is_taken(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source / "day", 1)
    write(pier.source / "day" / "note.txt")
    pier.upload("--all-files")
    state = pier.state
    listed = pier.root / "list"
    listed.write_text(f"day/{pid_text(1)}.adc\nday/note.txt\n")
    (pier.root / "env").write_text(
        f"AWS_ACCESS_KEY_ID={IDENTITY.access_key}\n"
        f"AWS_SECRET_ACCESS_KEY={IDENTITY.secret_key}\n"
    )
    for name in [one for one in pier.environ if one.startswith("AWS_")]:
        del pier.environ[name]

    done = pier.run(
        *("verify", pier.source, "--bucket", "bucket", "--prefix", "p"),
        *("--endpoint-url", scripted.url, "--region", "us-east-1"),
        *("--addressing-style", "path", "--env-file", pier.root / "env"),
        *("--no-verify-ssl", "--state", state, "--recursive", "--extra"),
        *("--include", "day/", "--exclude", "x*", "--exclude-dir", "beads"),
        *("--instrument", "134", "--since", "2022-05-22"),
        *("--until", "2022-05-22", "--files-from", listed),
        *("--order", "newest", "--follow-links", "--include-hidden"),
        *("--layout", "mirror", "--members", "roi,hdr,adc", "--all-files"),
        *("--min-age", "1s", "--broken-after", "2s", "--concurrency", "2"),
        *("--connections", "3", "--attempts", "2", "--max-memory", "64MiB"),
        *("--max-outage", "1s", "--color", "always", "--verbose"),
    )

    assert done.code == 0, done
    assert f"day/{pid_text(1)}{ALL}  safe" in done.out
    assert "Extra: not counted, a part was asked for" in done.out
    assert "\x1b[32m" in done.out or "\x1b[31m" in done.out


def test_what_cannot_be_used_is_refused_in_one_sentence(pier: Pier) -> None:
    write_bin(pier.source)
    for words, said in (
        (("--ca-bundle", pier.root / "none"), "none"),
        (("--profile", "nobody"), "nobody"),
        (("--level", "deep"), "level"),
        (("--no-journal", "--state", "x"), "contradict"),
        (("--quiet", "--verbose"), "contradict"),
        (("--bucket", "b"), "--to names bucket and prefix"),
    ):
        done = run(pier, "verify", *words, code=2)
        assert said in done.err, words
    assert run(pier, "verify", "--no-recursive", "--min-age", "0", code=3)


def test_a_bucket_that_denies_all_looks_is_6_and_json_has_its_end(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    denied = Denied(Op.LIST), Denied(Op.HEAD)
    scripted.personality = Personality(denied=denied)

    done = run(pier, "verify", "--json", code=6)

    assert "AccessDenied" in done.err
    assert "takes s3:ListBucket, or s3:GetObject at least" in done.err
    *_, ended = (json.loads(line) for line in done.out.splitlines())
    assert ended["event"] == "verification_ended"
    assert (ended["exit_code"], ended["stopped"]) == (6, True)
    assert (ended["safe"], ended["error"]) == (False, "AccessDenied")


def test_a_bucket_that_denies_its_listing_is_asked_object_by_object(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    scripted.personality = Personality(denied=(Denied(Op.LIST),))

    done = run(pier, "verify")

    assert "warning: listing is not allowed" in done.err
    assert "Requests to come: 3 HeadObject\n" in done.err
    assert "Extra: not counted, listing is not allowed\n" in done.out
    assert done.out.endswith("is there, by checksum.\n")


def test_fix_sends_what_lacks_and_says_what_it_did(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(3):
        write_bin(pier.source, number)
    pier.upload()
    drop(scripted, names(1)[0])
    write_bin(pier.source, 4, made=cut())

    done = run(pier, "verify", "--fix", code=4)

    lines = done.out.splitlines()
    assert lines[0].endswith(
        "the store has its .adc and not its .roi: readers stumble"
    )
    assert lines.index("Upload Summary Report:") > lines.index(
        "Verification Summary Report:"
    )
    assert "  sent 1 file, 172.00 B because: gone from the store" in lines
    assert lines[-1] == "Not all is safe: 1 broken here."
    assert "Sending what is missing or differs (--fix)\n" in done.err
    assert (pier.state / "pt5-async.log").read_text().endswith("exit code 4\n")
    known = pier.root / "known"
    known.write_text(f"{pid_text(4)}\n")
    drop(scripted, names(2)[1])
    quiet = ("--fix", "--quiet", "--known-broken", known)
    assert run(pier, "verify", *quiet).out == ""
    again = run(pier, "verify", "--fix", "--known-broken", known)
    assert "Upload Summary" not in again.out


def test_fix_has_the_lines_of_an_upload_in_json(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    drop(scripted, names()[0])

    done = run(pier, "verify", "--fix", "--json")

    [begun], [job], [sent] = (
        of(one, done.out) for one in ("run_begun", "job_done", "run_ended")
    )
    assert begun["target"] == TARGET
    assert [one["outcome"] for one in job["files"]] == [
        "uploaded",
        "skipped",
        "skipped",
    ]
    assert (sent["uploaded"]["files"], sent["exit_code"]) == (1, 0)
    [ended] = of("verification_ended", done.out)
    assert done.out.splitlines()[-1].startswith(
        '{"event": "verification_ended"'
    )
    assert (ended["exit_code"], ended["safe"]) == (0, True)
    assert ended["fixed"]["bins"] == 1
    assert ended["fixed"]["uploaded"] == {"files": 1, "size": 172}


def test_fix_that_cannot_send_tells_both_ends(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    scripted.personality = Personality(denied=(Denied(Op.PUT),))

    done = run(pier, "verify", "--fix", "--json", code=6)

    [sent] = of("run_ended", done.out)
    [ended] = of("verification_ended", done.out)
    assert sent["exit_code"] == ended["exit_code"] == 6
    assert ended["error"] == "AccessDenied"
    words = run(pier, "verify", "--fix", code=6)
    assert "Upload Summary Report:" in words.out
    assert words.out.endswith("of what was not reached nothing is known.\n")


def test_fix_takes_what_an_upload_takes_of_how_to_send(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    log = pier.root / "log"
    how = (
        *("--storage-class", "STANDARD_IA", "--sse", "aws:kms"),
        *("--sse-kms-key-id", "key", "--acl", ACL, "--tag", "a=b"),
        *("--metadata", "site=pier", "--request-payer", "requester"),
        *("--checksum-algorithm", "sha256", "--grace", "1s"),
        *("--limit-rate", "10MB/s", "--max-duration", "1h"),
        *("--max-transfer", "1GB", "--lane", "plain", "--log-file", log),
    )

    for option in ("--storage-class", "--lane", "--log-file"):
        words = how[how.index(option) : how.index(option) + 2]
        lone = run(pier, "verify", *words, code=2)
        assert "without --fix nothing is" in lone.sentence
    done = run(pier, "verify", "--fix", *how)

    assert "Proven By: 3 sha256\n" in done.out
    [thing, *_] = scripted.objects.values()
    assert thing.headers["x-amz-storage-class"] == "STANDARD_IA"
    assert thing.headers["x-amz-meta-site"] == "pier"
    assert log.read_text().endswith("exit code 0\n")


def test_fix_writes_nothing_where_nothing_may_be_written(pier: Pier) -> None:
    write_bin(pier.source)
    journal = pier.state / "journal.sqlite3"
    for words, said in (
        (("--fix", "--state", pier.source / "s"), "inside SOURCE"),
        (("--abort-stale", "1", "--state", pier.source), "inside SOURCE"),
        (("--fix", "--log-file", pier.source / "l"), "inside SOURCE"),
        (("--fix", "--log-file", journal), "name one file"),
    ):
        assert said in run(pier, "verify", *words, code=2).sentence


@pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no such signals"
)
def test_ctrl_c_in_a_fix_lets_arrive_what_is_on_its_way(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    words = ("verify", pier.source, "--to", TARGET, "--fix", "--grace", "20")
    with pier.running(*words) as running:
        assert gate.reached.wait(20)
        running.signal(signal.SIGINT)
        running.await_words("stopping")
        scripted.clear()
        done = running.end()

    assert done.code == 130
    assert "Upload Summary Report:" in done.out
    assert done.out.endswith("of what was not reached nothing is known.\n")


def test_uploads_left_open_are_named_and_old_ones_cleared(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.upload()
    uploads = scripted.buckets["bucket"].uploads
    for day in (1, 3):
        begun = time.time() - day * 86400 - 60
        one = Upload(f"u{day}", f"p/{day}.roi", begun, {}, None, "", {})
        uploads[one.id] = one

    for words, said in (
        (("--all",), "--all is about --abort-stale DAYS"),
        (("--abort-stale", "0.9"), "give 1 at least"),
        (("--abort-stale", "often"), "is no number of days"),
    ):
        assert said in run(pier, "verify", *words, code=2).sentence
    seen = run(pier, "verify")
    kept = run(pier, "verify", "--abort-stale", "2")
    done = run(pier, "verify", "--abort-stale", "2", "--all", "--json")

    aged = "left open: 0 B in 0 parts, begun 3 days ago, not in the journal\n"
    assert f"  p/3.roi  {aged}" in seen.out
    assert "Left open: 2 uploads in parts, 0.00 B (--abort-" in seen.out
    assert "leared" not in kept.out
    assert [one["key"] for one in of("cleared", done.out)] == ["p/3.roi"]
    assert [one.key for one in uploads.values()] == ["p/1.roi"]
    [ended] = of("verification_ended", done.out)
    assert (ended["left_open"]["files"], ended["cleared"]["files"]) == (2, 1)


def test_a_store_that_is_not_there_is_5(pier: Pier) -> None:
    write_bin(pier.source)
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = run(pier, "verify", "--attempts", "1", code=5, **away)
    assert "no answer from" in done.err


@pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no such signals"
)
def test_ctrl_c_ends_it_and_says_how_far_it_came(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.LIST)
    with pier.running("verify", pier.source, "--to", TARGET) as running:
        assert gate.reached.wait(20)
        running.signal(signal.SIGINT)
        done = running.end()

    assert done.code == 130
    assert (
        "Stopped early; of what was not reached nothing is known" in done.out
    )


def test_help_has_the_options_of_a_verification_first(pier: Pier) -> None:
    done = pier.run("verify", "--help", COLUMNS="80")
    assert done.out.index("What is verified") < done.out.index("--to")
    assert all(len(line) <= 80 for line in done.out.splitlines())
