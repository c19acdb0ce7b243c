"""What an answer says of itself, before it gets into a sentence of ours.

Whoever answered may not be the store: nothing of theirs is of any length,
or an advice.
"""

import re
import traceback
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from botocore.exceptions import BotoCoreError

from ..hidden import hidden

_REGION: Final = re.compile("[a-z0-9-]{1,63}")
_WORD: Final = 100
_SENTENCE: Final = 300

Details = Mapping[str, Any]
"""The elements of an error, by name."""


def code_in(details: Details) -> str:
    """The error's code."""
    return _short(details.get("Code", ""), _WORD)


def message_in(details: Details) -> str:
    """The error's message; some stores send the request back in it."""
    return hidden(_short(details.get("Message", ""), _SENTENCE))


def region_in(headers: Mapping[str, str], details: Details) -> str | None:
    """The region that is named, if it can be one: the user is told to."""
    named = headers.get("x-amz-bucket-region") or details.get("Region")
    return named if _REGION.fullmatch(named or "") else None


def host_in(url: str) -> str:
    """To whom `url` leads."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2][:_WORD]
    except ValueError:  # brackets that are no IPv6 address
        return "nowhere"


def unreadable(error: object) -> str:
    """A sentence about what was no HTTP; "" if that was not the matter.

    aiohttp quotes what it could not read, and the whole URL.
    """
    if not isinstance(error, aiohttp.ClientResponseError):
        return ""
    who = error.request_info.real_url.origin()
    said = _short(error.message, _SENTENCE).partition(":")[0]
    return f"no answer from {who} (no HTTP as S3 speaks it: {said})"


def unparsable(error: Exception) -> bool:
    """Whether botocore's parser stumbled, over an answer that is none.

    It raises what comes: for a size that is no number, say, or elements
    that are nested deeper than it can go.
    """
    return not isinstance(error, BotoCoreError) and any(
        frame.f_globals.get("__name__") == "botocore.parsers"
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )


def _short(text: object, length: int) -> str:
    # A megabyte need not be split into words.
    return " ".join(str(text)[: 4 * length].split())[:length]
