"""Debian's own Chromium, headless, and what a page does in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def browser() -> Iterator[Any]:
    """A browser; a test that finds none is skipped, which CI forbids."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium here; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=alone
        )
        try:
            yield opened
        finally:
            opened.close()


class Page:
    """A page of a file, once all is drawn.

    `complaints` are errors of its scripts and of the browser, `requests`
    those that it made besides its own file.
    """

    def __init__(self, browser: Any, file: Path, **looks: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(**looks)
        self.page.on("console", lambda one: self.complaints.append(one.text))
        self.page.on("pageerror", lambda one: self.complaints.append(str(one)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_function(
            "() => document.documentElement.dataset.drawn", timeout=20_000
        )

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def ask(self, script: str) -> Any:
        """What a script says in the page."""
        return self.page.evaluate(script)

    @property
    def tip(self) -> str | None:
        """What is shown where somebody points; None for nothing."""
        shown = self.page.locator("#tip")
        return shown.text_content() if shown.is_visible() else None

    def point(self, place: str, number: int = 0) -> str | None:
        """Point at a mark of a picture, and read what is shown."""
        self.page.mouse.move(*self.middle(place, number))
        return self.tip

    def tap(self, place: str, number: int = 0) -> str | None:
        """Tap on a mark with a finger, which does not hover."""
        self.page.touchscreen.tap(*self.middle(place, number))
        return self.tip

    def middle(self, place: str, number: int) -> tuple[float, float]:
        """Where a mark is, once it is in sight and nothing moves."""
        mark = self.page.locator(place).nth(number)
        mark.scroll_into_view_if_needed()
        still = "() => new Promise(y => requestAnimationFrame(() => "
        self.page.evaluate(still + "requestAnimationFrame(() => y())))")
        box = mark.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
