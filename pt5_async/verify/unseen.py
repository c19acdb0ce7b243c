"""Where nobody could look, so that an object there is called no extra. Pure.

An object may have a file in a folder that could not be listed. Where a layout
makes keys of its own, nobody can tell which objects these are.
"""

from dataclasses import dataclass, field

from ..ifcb.layout import Layout, arranged
from ..ifcb.names import parse_pid, split_member
from ..model import Item


@dataclass(slots=True)
class Unseen:
    """Takes what could not be looked at, and says what that hides.

    `all` says that any object may have a file.
    """

    layout: Layout
    all: bool = False
    _keys: set[str] = field(default_factory=set)

    def take(self, item: Item, *, seen: bool = False) -> None:
        """Take a file, or a folder with all that is below it.

        One that was `seen` is a file, and hides its own key alone.
        """
        file = item.file
        self._keys.add(item.key)
        member = split_member(file.relative.rpartition("/")[2])
        pid = parse_pid(member[0]) if member else None
        if pid is not None:
            # Its key is made as that of a member that was seen.
            end = len(item.key) - len(file.relative)
            relative = arranged(self.layout, file.relative, pid)
            self._keys.add(f"{item.key[:end]}{relative}")
        if seen or file.kind is not None:
            return
        if not file.relative or self.layout is not Layout.MIRROR:
            self.all = True

    def hides(self, key: str) -> bool:
        """Whether an object of that key may have a file all the same."""
        if self.all or not self._keys:
            return self.all
        end = len(key)
        while end > 0:
            if key[:end] in self._keys:
                return True
            end = key.rfind("/", 0, end)
        return False
