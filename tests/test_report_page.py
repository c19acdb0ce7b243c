"""The page as text: nobody's name becomes markup, no number is lost."""

import base64
import hashlib
import json
import re
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import (
    DAY,
    HOSTILE,
    HOUR,
    NOW,
    filled,
    here,
    report,
    runs,
    sent,
    starts,
    ten_years,
    weeks,
)

from pt5_async.report.frame import binary_ticks
from pt5_async.report.headline import statements
from pt5_async.report.making import HTML
from pt5_async.report.page import embedded, figures, page, text
from pt5_async.report.palette import DARK, LIGHT, painted
from pt5_async.report.pictures import data_of, pictures
from pt5_async.report.report import Origin, Report, Verified
from pt5_async.report.seen import Standing, Trouble
from pt5_async.report.slide import MARK, marked, slide_spec
from pt5_async.report.tables import SHOWN, trouble_rows
from pt5_async.report.words import bins, day, lasting, moment, number, size

LIBRARY = "window.vegaEmbed=null;"


def drawn(made: Report) -> str:
    all_ = pictures(made)
    places = figures((name, head, note) for name, head, note, _ in all_)
    return page(made, data_of(made, all_), LIBRARY, places)


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_hostile_name_adds_no_element_and_is_there_as_text() -> None:
    html = drawn(weeks())
    seen = Elements(html)
    tags = [tag for tag, _ in seen.elements]
    assert "img" not in tags
    assert tags.count("script") == 3
    assert not any("onerror" in attrs for _, attrs in seen.elements)
    shown = "".join(seen.words)
    assert "/data/<img src=x onerror=alert(1)></script><!--\\x1b[31m" in shown
    assert "\\u202e&amp;" in shown
    assert "\x1b" not in html
    assert "\u202e" not in html


@settings(deadline=None)
@given(st.text())
def test_text_is_shown_as_it_is_and_is_never_markup(words: str) -> None:
    made = text(words)
    assert not set(made) & set("<>\"'")
    assert made.isprintable()
    assert not Elements(f"<p>{made}</p>").elements[1:]


@settings(deadline=None)
@given(st.recursive(st.text(), lambda x: st.lists(x) | st.tuples(x)))
def test_data_come_back_and_nothing_in_them_ends_a_script(
    data: object,
) -> None:
    told = embedded({"it": data, "evil": HOSTILE})
    assert not set(told) & set("<>&")
    assert told.isascii()
    back = json.loads(told)
    assert back["evil"] == HOSTILE
    assert back["it"] == json.loads(json.dumps(data))


def test_the_policy_lets_no_other_script_run_and_no_request_leave() -> None:
    html = drawn(weeks())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert scripts[0] == LIBRARY
    for one in scripts:
        digest = hashlib.sha256(one.encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
    names = {name for _, attrs in Elements(html).elements for name in attrs}
    assert not names & {"src", "href", "action", "srcset"}
    assert not re.findall(r"@import|url\(", html)


def test_the_page_is_known_as_ours_near_its_begin() -> None:
    assert HTML in drawn(weeks()).encode()[:1000]


def test_there_is_a_picture_of_all_that_was_asked_for() -> None:
    names = [name for name, *_ in pictures(weeks())]
    assert names == [
        "volume",
        "rois",
        "lag",
        "sizes",
        "rates",
        "files",
        "pulse",
        "beat",
    ]
    bare = report(filled([here(NOW - HOUR, rois=None)]), known=False)
    assert [name for name, *_ in pictures(bare)] == ["volume", "sizes"]
    assert pictures(report(filled())) == []


def test_an_empty_archive_has_a_page_that_says_so() -> None:
    html = drawn(report(filled()))
    assert "There is no bin." in html
    assert "Nothing fails, and no bin is held." in html


def said(made: Report) -> str:
    return " ".join(one.words for one in statements(made))


def test_what_an_operator_has_to_know_comes_first() -> None:
    words = said(weeks())
    assert "look at 2 bins: 1 broken, 1 changed" in words
    assert "1 file failed in the last run" in words
    assert "2 bins not in the store yet" in words
    assert "silent" not in words


def test_all_is_well_is_said_where_it_is_and_by_whom() -> None:
    days = filled(map(here, starts(NOW - 40 * HOUR, 103)))
    assert said(report(days)).startswith("All is well: 103 bins here, all of")
    assert "No journal tells" in said(report(days, known=False))


def test_a_tree_that_is_not_there_is_told_of_and_nothing_is_well() -> None:
    gone = Origin("/data/ifcb", "s3://b/p", "is not there now", gone=True)
    made = report(filled((), [sent(NOW - HOUR)]), origins=(gone,))
    words = said(made)
    assert "/data/ifcb is not there; is it mounted?" in words
    assert "No bin is here; the journal has 1 bin in the store." in words
    assert "well" not in words


def test_a_last_run_that_ended_early_or_long_ago_is_told_of() -> None:
    last, *_ = runs(1)
    early = replace(last, early="no answer from the store")
    days = filled([here(NOW - HOUR, Standing.WAITING)])
    words = said(report(days, last=early))
    assert "The last run (2026-11-26 22:00) ended early: no answer" in words
    assert "ago" not in words
    old = replace(last, begun=NOW - 50 * HOUR)
    words = said(report(days, last=old))
    assert "left for the next upload. The last run was 2 d 2 h ago." in words
    assert "early" not in words


def test_an_instrument_that_fell_silent_is_named() -> None:
    days = filled(map(here, starts(NOW - 80 * HOUR, 103)))
    assert "IFCB104 has been silent for 1 d 16 h" in said(report(days))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (13, "IFCB104 has been silent for 13 d, since 2026-11-13 23:00."),
        (15, "IFCB104 has been silent for 15 d, since 2026-11-11 23:00."),
        (59, "IFCB104 has been silent for 59 d, since 2026-09-28 23:00."),
        (61, "IFCB104: no bin since 2026-09-26."),
        (424, "IFCB104: no bin since 2025-09-28."),
        (426, None),
    ],
)
def test_a_silence_is_told_of_until_the_instrument_is_forgotten(
    days: int, words: str | None
) -> None:
    begun = starts(NOW - days * DAY - 102 * 23 * 60, 103)
    made = report(filled(map(here, begun)))
    told = [one for one in statements(made) if "IFCB104" in one.words]
    assert [one.words for one in told] == ([words] if words else [])
    assert [one.tone == "care" for one in told] == [days < 60] * len(told)
    assert ("All is well" in said(made)) is (days > 60)
    # Who asked for older bins alone was told nothing of those of today.
    assert "IFCB104" not in said(replace(made, current=False))


def test_a_verification_that_found_faults_is_told_twice() -> None:
    seen = Verified(
        "/d", "s3://b/", NOW, "listing", False, True, {"incomplete": 3}, 3
    )
    made = report(filled([here(NOW - HOUR)]), verified=(seen,))
    assert "missed 3 bins in the store" in said(made)
    words = "of a part: not all was in the store that should be, by size (3 in"
    assert words in drawn(made)


def test_a_table_has_an_end_and_says_how_much_is_left() -> None:
    bins_ = [
        here(t, Standing.BROKEN, reason="broken: adc missing")
        for t in starts(NOW - 9 * HOUR, SHOWN + 5, 60)
    ]
    rows, rest = trouble_rows(report(filled(bins_)))
    assert (len(rows), rest) == (SHOWN, 5)
    assert rows[0][3][0] > rows[1][3][0]
    html = drawn(report(filled(bins_)))
    assert "193 more" in html
    assert "5 older ones are not listed" in html


def test_a_bin_has_one_row_whatever_is_wrong_with_it() -> None:
    late = here(NOW - HOUR, Standing.WAITING, reason="touched")
    ill = here(NOW - 2 * HOUR, Standing.FAILED, reason="cannot read")
    left = [
        Trouble(
            one.name,
            one.place,
            one.instrument,
            one.start,
            Standing.FAILED,
            "AccessDenied",
            (f"{one.place}.roi", f"{one.place}.adc"),
        )
        for one in (late, ill)
    ]
    alone = Trouble("a", "a", None, None, Standing.FAILED, "its name")
    made = report(filled([late, ill]), left=(*left, alone))
    rows, _ = trouble_rows(made)
    assert [(name, why) for _, _, name, (_, why) in rows] == [
        (late.place + "{.roi,.adc}", "AccessDenied"),
        (ill.place, "cannot read"),
        ("a", "its name"),
    ]
    assert "2 bins and 1 file failed in the last run." in said(made)


def test_every_colour_is_there_on_light_and_on_dark_ground() -> None:
    assert LIGHT.keys() == DARK.keys()
    made = ten_years((104,))
    told = json.dumps(data_of(made, pictures(made)))
    html = drawn(made)
    named = set(re.findall(r"var\(--(\w+)\)", told + html)) - {"c"}
    assert named <= LIGHT.keys()
    assert painted({"a": ["var(--ill)", 3]}) == {"a": [LIGHT["ill"], 3]}


def test_the_slide_has_a_title_and_colours_of_its_own() -> None:
    spec = slide_spec(weeks())
    told = json.dumps(spec)
    assert "var(" not in told
    assert spec["title"]["text"] == "IFCB104"
    assert "1,148 in the store by the journal" in told
    assert "\\u001b" not in told


def test_a_picture_of_ours_says_so_and_stays_a_picture() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    pixels = bytes(5000)
    loose = zlib.compress(pixels, 0)
    parts = chunk(b"IDAT", loose[:99]) + chunk(b"IDAT", loose[99:])
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
    end = chunk(b"IEND", b"")
    dense = chunk(b"IDAT", zlib.compress(pixels, 9))
    assert marked(head + parts + end) == b"".join(
        (head, chunk(b"tEXt", MARK), dense, end)
    )


@pytest.mark.parametrize("top", [1.0, 900, 5e3, 3e6, 1.9e9, 1e15])
def test_an_axis_of_bytes_has_a_few_round_numbers(top: float) -> None:
    ticks = binary_ticks(top)
    assert ticks[0] == 0
    assert 3 <= len(ticks) <= 6
    assert ticks[-2] <= top <= ticks[-1]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (size(0), "0 B"),
        (size(1023), "1023 B"),
        (size(1536), "1.5 KB"),
        (size(2**40 * 3.2), "3.2 TB"),
        (size(1024**3 - 1), "1.0 GB"),
        (bins(1), "1 bin"),
        (bins(1200, "broken"), "1,200 broken bins"),
        (lasting(12), "12 s"),
        (lasting(61), "1 min"),
        (lasting(2 * 86400 + 4 * 3600), "2 d 4 h"),
        (lasting(40 * 86400), "40 d"),
        (number(0.25), "0.2"),
        (number(1234.6), "1,235"),
        (day(20000), "2024-10-04"),
        (moment(NOW), "2026-11-26 23:00"),
    ],
)
def test_numbers_in_words(said: str, words: str) -> None:
    assert said == words
