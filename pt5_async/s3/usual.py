"""The objects of a listing's page, where it looks as Amazon writes it.

To make an element of every tag is most of what a page costs, and an archive
has a thousand pages. Here one pattern takes an object at a time, and only
where nothing is left to guess: no comment, no reference in a name, no blank
between two tags, no object anywhere else. All else is for a parser of XML.
"""

import re
from typing import Final
from urllib.parse import unquote_plus

from ..model import Listed
from .moments import moment

_TEXT: Final = r"[^<>&\x00-\x1f\x7f-\x9f\ufffe\uffff]"

_OBJECT: Final = re.compile(
    rf"(<Contents><Key>({_TEXT}+)</Key>"
    rf"<LastModified>({_TEXT}+)</LastModified>"
    r'<ETag>(?:&quot;|")?([0-9A-Za-z-]*)(?:&quot;|")?</ETag>'
    rf"(?:<Checksum[A-Za-z]+>{_TEXT}*</Checksum[A-Za-z]+>)*"
    r"<Size>([0-9]{1,18})</Size>"
    rf"(?:<StorageClass>{_TEXT}*</StorageClass>)?"
    r"</Contents>)"
)
_BEGIN, _END = "<Contents>", "</Contents>"
_MARK: Final = "<Contents/>"

Said = tuple[str, str, str, str, str]
"""All of an object's text, and its key, time, ETag and size."""


def taken_out(body: bytes) -> tuple[bytes, list[Said]] | None:
    """A page without its objects, and what each of these says.

    In their place stands a single one that is empty. None where they are
    not all of the usual form, one right behind the other.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    begin, end = text.find(_BEGIN), text.rfind(_END) + len(_END)
    if begin < 0 or end <= begin or "<!" in text:
        return None
    found: list[Said] = _OBJECT.findall(text, begin, end)
    if sum([len(one[0]) for one in found]) != end - begin:
        return None
    return f"{text[:begin]}{_MARK}{text[end:]}".encode(), found


def listed(said: Said, *, quoted: bool) -> Listed:
    """The object that says so.

    Raises:
        ValueError: for a time that is none.
    """
    _, key, modified, etag, size = said
    if quoted and ("%" in key or "+" in key):
        key = unquote_plus(key)
    return Listed(key, int(size), etag, moment(modified))
