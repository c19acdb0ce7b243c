"""The page: a report as one HTML file that needs nothing else. Pure.

Nobody's name becomes markup: every text is escaped, data stand in JSON that
cannot end its script, the script writes text alone, and the page's policy
lets no other script run and no request leave.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from ..printable import printable
from .headline import statements
from .palette import DARK, LIGHT, LOOKS, SERIES
from .report import Report
from .tables import (
    Fact,
    Row,
    calendar_note,
    facts,
    origins,
    trouble_rows,
    verifications,
)
from .words import moment

GENERATOR: Final = "pt5-async report"
"""Marks the page as ours, so that a later one may take its place."""

FEW: Final = 12
"""So many rows of the table are open."""

_END: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def page(
    report: Report, data: Mapping[str, Any], library: str, charts: str
) -> str:
    """The page; `library` is the plotting library's script.

    `data` is what the page's own script draws from, `charts` the places
    for it to draw in, as `figures` makes them.
    """
    own = _part("page.js")
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
        f" script-src {_hash(library)} {_hash(own)}"
    )
    return Template(_part("page.html")).substitute(
        generator=GENERATOR,
        policy=policy,
        style=_colours() + _part("page.css"),
        title=_title(report),
        origins="".join(f"<p>{text(one)}</p>" for one in origins(report)),
        made=text(f"{moment(report.made)} UTC, pt5-async {report.version}"),
        statements=_statements(report),
        facts="".join(map(_fact, facts(report))),
        legend=_legend(),
        calendar_note=text(calendar_note(report)),
        instruments=_instruments(report),
        charts=charts,
        verified=_verified(report),
        troubles=_troubles(report),
        data=embedded(data),
        library=library,
        script=own,
    )


def text(words: str) -> str:
    """`words` as HTML that shows them, and does nothing else."""
    return escape(printable(words))


def embedded(data: Mapping[str, Any]) -> str:
    """`data` as JSON inside a script, which none of it can end."""
    told = json.dumps(data, separators=(",", ":"))
    return "".join(_END.get(one, one) for one in told)


def _part(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _colours() -> str:
    """The palette as variables; paper is light, whatever the screen was."""
    light = ";".join(f"--{name}:{value}" for name, value in LIGHT.items())
    dark = ";".join(f"--{name}:{value}" for name, value in DARK.items())
    return (
        f":root{{{light};color-scheme:light dark}}"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{{dark}}}}}"
    )


def _title(report: Report) -> str:
    names = ", ".join(one.name for one in report.instruments[:4])
    more = len(report.instruments) - 4
    return text(f"{names} and {more} more" if more > 0 else names or "No bins")


def _statements(report: Report) -> str:
    return "".join(
        f'<li class="{one.tone}"><b>{one.mark}</b> {text(one.words)}</li>'
        for one in statements(report)
    )


def _fact(fact: Fact) -> str:
    return (
        f'<div class="fact {fact.tone}"><dt>{text(fact.name)}</dt>'
        f"<dd>{text(fact.value)}<small>{text(fact.note)}</small></dd></div>"
    )


def _legend() -> str:
    return "".join(
        f'<li><i class="cell {look}" style="--c:var(--{colour})"></i>'
        f"{text(words)}</li>"
        for look, (colour, words) in LOOKS.items()
    )


def _instruments(report: Report) -> str:
    """Which line is whose."""
    return "".join(
        f'<li><i class="line{"" if n < len(SERIES) else " dashed"}"'
        f' style="--c:var(--{SERIES[n % len(SERIES)]})"></i>'
        f"{text(one.name)}</li>"
        for n, one in enumerate(report.instruments)
    )


def figures(all_: Iterable[tuple[str, str, str]]) -> str:
    """Places for charts: the name of each, its heading, and a note."""
    return "".join(
        f"<figure><figcaption><h3>{text(heading)}</h3><p>{text(note)}</p>"
        f'</figcaption><div class="chart" id="{name}"></div></figure>'
        for name, heading, note in all_
    )


def _verified(report: Report) -> str:
    shown = [
        f'<li class="{tone}"><b>{mark}</b> {text(words)}</li>'
        for tone, mark, words in verifications(report)
    ]
    return f'<ul class="statements">{"".join(shown)}</ul>'


def _troubles(report: Report) -> str:
    rows, rest = trouble_rows(report)
    if not rows:
        return "<p>Nothing fails, and no bin is held.</p>"
    few, more = rows[:FEW], rows[FEW:]
    shown = "".join(_table(few, 0 if more else rest))
    if more:
        hidden = "".join(_table(more, rest))
        number = f"{len(more) + rest:,} more"
        shown += f"<details><summary>{number}</summary>{hidden}</details>"
    return shown


def _table(rows: Iterable[Row], rest: int) -> Iterator[str]:
    yield (
        '<table><thead><tr><th>what</th><th>bin or file</th><th class="when">'
        "began (UTC)</th><th>reason</th></tr></thead><tbody>"
    )
    for tone, standing, name, (when, why) in rows:
        yield (
            f'<tr><td class="{tone}"><span>{text(standing)}</span></td>'
            f'<td class="name"><bdi>{text(name)}</bdi></td>'
            f'<td class="when">{text(when)}</td>'
            f"<td><bdi>{text(why)}</bdi></td></tr>"
        )
    yield "</tbody></table>"
    if rest:
        yield f'<p class="note">{rest:,} older ones are not listed.</p>'
