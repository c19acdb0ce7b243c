"""What an object is called, and what it says of itself."""

from typing import Final

from .ifcb.names import Kind
from .model import Item
from .store import Head, ObjectMeta

CONTENT_TYPES: Final = {
    Kind.ROI: "application/octet-stream",
    Kind.HDR: "text/plain",
    Kind.ADC: "text/csv",
}
"""Always explicit: what a client adds by itself may go unsigned, and some
servers refuse the request for that. (Loose files are octet streams, too.)"""


def object_meta(item: Item, *, only_new: bool = False) -> ObjectMeta:
    """What the object is called and says of itself.

    `mtime` is the file's time in seconds since 1970 with its nanoseconds,
    as rclone writes and reads it. With `only_new` it replaces none.
    """
    seconds, rest = divmod(abs(item.file.mtime_ns), 1_000_000_000)
    sign = "-" if item.file.mtime_ns < 0 else ""
    kind = item.file.kind
    return ObjectMeta(
        item.key,
        CONTENT_TYPES[kind] if kind else "application/octet-stream",
        {"mtime": f"{sign}{seconds}.{rest:09d}"},
        only_new,
    )


def is_ours(item: Item, head: Head) -> bool:
    """Whether the object of `item` says of itself what only ours say.

    Others give times (rclone) or types, but not both of these.
    """
    wanted = object_meta(item).content_type
    return head.mtime is not None and head.content_type == wanted
