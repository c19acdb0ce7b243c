"""The page in a real browser: what it shows, and what it does not do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Page, browser
from reports import HOSTILE, ten_years, weeks

from pt5_async.printable import printable
from pt5_async.report.making import html_of, png_of

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
CELL = "#calendar .mark-rect path"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "small.html"
    file.write_bytes(html_of(weeks()))
    return file


def scroll_width(page: Page) -> int:
    width: int = page.ask("document.documentElement.scrollWidth")
    return width


def test_it_is_drawn_without_a_complaint_and_nothing_leaves_the_file(
    chromium: Any, small: Path
) -> None:
    page = Page(chromium, small, viewport=WIDE)
    assert page.complaints == []
    assert page.requests == [small.as_uri()]
    drawn = page.ask(
        "[...document.querySelectorAll('.chart')].map(x =>"
        " x.querySelectorAll('path').length)"
    )
    assert len(drawn) == 9
    assert min(drawn) > 3
    assert page.ask("typeof window.vegaEmbed") == "function"


def test_pointing_at_a_day_names_its_bins_and_at_a_chart_its_numbers(
    chromium: Any, small: Path
) -> None:
    page = Page(chromium, small, viewport=WIDE)
    assert page.tip is None
    said = page.point(CELL, 1)
    assert said is not None
    assert said.startswith("IFCB104  2026-11-")
    assert "bins here of about 6" in said
    assert "_IFCB104 to D2026" in said
    assert "in the store" in said
    said = page.point("#rates .mark-rect path", 0)
    assert said is not None
    assert "files of" in said
    page.page.mouse.move(2, 2)
    assert page.tip is None
    assert page.complaints == []


def test_a_hostile_name_stays_text_wherever_it_is_shown(
    chromium: Any, small: Path
) -> None:
    page = Page(chromium, small, viewport=WIDE)
    shown = page.ask("document.body.innerText")
    assert f"/data/{printable(HOSTILE)}" in shown
    said = page.point('#calendar path[fill="var(--ill)"]')
    assert said is not None
    assert "onerror=alert(1)></script><!--" in said
    assert page.ask("document.querySelectorAll('img, #tip *').length") == 0
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(
    chromium: Any, small: Path, scheme: str
) -> None:
    page = Page(
        chromium,
        small,
        viewport=PHONE,
        color_scheme=scheme,
        has_touch=True,
        device_scale_factor=2,
    )
    assert scroll_width(page) == PHONE["width"]
    ground = page.ask("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(15, 22, 29)") is (scheme == "dark")
    assert "IFCB104" in (page.tap(CELL, 3) or "")
    page.page.set_viewport_size(WIDE)
    page.page.wait_for_function(
        "() => document.querySelector('#calendar svg').clientWidth > 900"
    )
    assert scroll_width(page) <= WIDE["width"]
    assert page.complaints == []


def test_ten_years_open_at_once(
    chromium: Any,
    tmp_path: Path,
    record_property: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "ten.html"
    file.write_bytes(html_of(ten_years()))
    page = Page(chromium, file, viewport=WIDE)
    took = {
        name: int(page.ask(f"document.documentElement.dataset.{name}"))
        for name in ("calendar", "drawn")
    }
    size = file.stat().st_size
    said = f"{size:,} bytes, calendar {took['calendar']} ms,"
    said += f" all {took['drawn']} ms"
    record_property("ten years", said)
    with capsys.disabled():
        print(f"\nten years of three instruments: {said}")
    assert size < 3_000_000
    assert took["drawn"] < 6000  # a second where nobody else is at work
    assert page.ask(f"document.querySelectorAll('{CELL}').length") > 9000
    years = page.ask(
        "[...document.querySelectorAll('#calendar text')].map(x =>"
        " x.textContent).filter(x => /^\\d{4}$/.test(x))"
    )
    assert sorted(years) == [str(year) for year in range(2016, 2027)]
    data = page.page.pdf(format="A4")
    assert data.startswith(b"%PDF")
    assert page.complaints == []


def test_the_slide_is_a_picture_drawn_without_a_browser() -> None:
    data = png_of(weeks())
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"pt5-async report" in data[:80]
    width = int.from_bytes(data[16:20], "big")
    assert width > 2300


def test_two_broken_bins_of_a_day_are_a_sliver_of_its_cell_and_a_mark(
    chromium: Any, small: Path
) -> None:
    page = Page(chromium, small, viewport=WIDE)
    red = page.ask(
        "[...document.querySelectorAll('#calendar .mark-rect"
        ' path[fill="var(--ill)"]\')].map(x => x.getBBox().height)'
    )
    # A cell is 16 high: an eighth of it is the least that is seen.
    assert red == [2, 4]
