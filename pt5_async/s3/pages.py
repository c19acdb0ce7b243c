"""A page of a listing, read from the bytes of its answer.

To make values of a page of a thousand names takes botocore, which reads it
twice and knows every field, six times what it takes here. So whoever lists
takes the body before it gets there, and botocore is given an empty page in
its place. Whatever is no page as S3 makes it is left to botocore.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from ..model import Listed
from .moments import moment
from .proving import bare
from .usual import Said, listed, taken_out

OK: Final = 200

_EMPTY: Final = (
    b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
)

_ODD: Final = (
    ET.ParseError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    RuntimeError,  # botocore's, for times
)


@dataclass(slots=True)
class Page:
    """What one answer lists.

    `objects` are in the order of the answer, `prefixes` the names of what
    stands for all below it; `token` asks for the next page, "" for none.
    """

    truncated: bool
    token: str = ""
    objects: list[Listed] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """The page of an answer, once it has come; None for what was none."""

    page: Page | None = None


_taking: ContextVar[Taken | None] = ContextVar("taking", default=None)


@contextmanager
def taking() -> Iterator[Taken]:
    """Take the page that the client is answered inside."""
    taken = Taken()
    token = _taking.set(taken)
    try:
        yield taken
    finally:
        _taking.reset(token)


def take(status: int, body: bytes) -> bytes:
    """What is left of an answer's body for botocore to read."""
    taken = _taking.get()
    if taken is None or status != OK:
        return body
    taken.page = page_of(body)
    return body if taken.page is None else _EMPTY


def page_of(body: bytes) -> Page | None:
    """The page that is in `body`; None where botocore has to look itself."""
    usual = taken_out(body)
    rest, said = usual or (body, None)
    try:
        # As botocore reads it: what the bytes say of their encoding is not
        # believed, so that nothing is hidden from who looked at them.
        root = ET.XML(rest, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - without entities, and short
        space, _, name = root.tag.rpartition("}")
        if name != "ListBucketResult":
            return None
        return _page(root, f"{space}}}" if space else "", said)
    except _ODD:
        return None


def _page(
    root: ET.Element, space: str, said: list[Said] | None
) -> Page | None:
    """The page; its objects may have been taken out, and `said` so."""
    contents, groups = f"{space}Contents", f"{space}CommonPrefixes"
    facts: dict[str, str] = {}
    found, prefixes = [], []
    for child in root:
        if child.tag == contents:
            found.append(child)
        elif child.tag == groups:
            prefixes.append(child)
        elif child.tag.rpartition("}")[0] != space[:-1]:
            return None  # names of more than one kind
        else:
            facts[child.tag[len(space) :]] = child.text or ""
    quoted = facts.get("EncodingType") == "url"
    page = Page(
        facts["IsTruncated"] == "true", facts.get("NextContinuationToken", "")
    )
    if said is None:
        page.objects = [_object(one, space, quoted=quoted) for one in found]
    elif len(found) == 1 and not len(found[0]):
        page.objects = [listed(one, quoted=quoted) for one in said]
    else:
        return None  # they stood somewhere else
    page.prefixes = [
        _plain(one.findtext(f"{space}Prefix"), quoted=quoted)
        for one in prefixes
    ]
    return page


def _object(one: ET.Element, space: str, *, quoted: bool) -> Listed:
    says = {child.tag: child.text for child in one}
    if len(says) < len(one):
        raise KeyError("what was said twice")
    return Listed(
        _plain(says[f"{space}Key"], quoted=quoted),
        int(says[f"{space}Size"] or ""),
        bare(says.get(f"{space}ETag")),
        moment(says[f"{space}LastModified"]),
    )


def _plain(name: str | None, *, quoted: bool) -> str:
    """A name as it is, whatever botocore has asked the store to do to it.

    Raises:
        TypeError: for none.
    """
    if not name:
        raise TypeError
    return unquote_plus(name) if quoted else name
