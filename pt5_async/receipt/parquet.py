"""A receipt in Parquet: typed columns, written in groups of rows.

A Parquet file is only one once it is complete. So the rows of a run go into
``NAME.part`` beside it, behind those that were there, and that takes the
file's place at the end. Until then the file is as it was; a run that is
killed leaves it so, and its part is written over by the next.
"""

import errno
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import RunBusy, UsageError
from ..lock import try_lock
from .columns import KINDS, Kind, Row
from .rows import as_text

GROUP: Final = 8192
"""Rows in a group: some 20 MB while it waits, and while it is made."""

_TYPES: Final = {
    Kind.TEXT: pa.string(),
    Kind.TIME: pa.timestamp("ms", "UTC"),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
}
SCHEMA: Final = pa.schema([(n, _TYPES[kind]) for n, kind in KINDS.items()])


class Parquet:
    """A `Writer` of a Parquet file, whose rows are kept.

    A thread makes the groups, one at a time, so that nobody waits but who
    is a whole group ahead.
    """

    def __init__(self, path: Path) -> None:
        """Begin to add to `path`.

        Raises:
            OSError: when nothing can be written beside it.
            UsageError: when it is there, and no receipt.
            RunBusy: when another run is writing to it.
        """
        self._path = Path(os.path.realpath(path))
        self._part = self._path.with_name(f"{self._path.name}.part")
        self._check()
        self._file = _locked(self._part)
        self._thread = ThreadPoolExecutor(1, "pt5-receipt")
        self._group: list[Row] = []
        self._making: Future[None] | None = None
        self._out: pq.ParquetWriter | None = None
        self._closed = False

    def _check(self) -> None:
        """Refuse what is there and has other columns."""
        try:
            if not self._path.stat().st_size:
                return
            with pq.ParquetFile(self._path) as there:
                same = there.schema_arrow.equals(SCHEMA)
        except FileNotFoundError:
            return
        except pa.ArrowInvalid:
            same = False
        if not same:
            raise UsageError(
                f"{self._path} is there, and does not have the columns of a"
                " receipt; choose another --receipt"
            )

    def write(self, rows: Sequence[Row]) -> None:
        """Add `rows`; see `Writer`."""
        self._group.extend(rows)
        if len(self._group) >= GROUP:
            self._hand_over()

    def _hand_over(self) -> None:
        """Let the thread make a group; wait for the one before."""
        if self._making is not None:
            self._making.result()
        group, self._group = self._group, []
        self._making = self._thread.submit(self._make, group)

    def _make(self, group: list[Row]) -> None:
        try:
            self._add(group)
        except pa.ArrowException as error:
            raise OSError(errno.EIO, str(error)) from error

    def _add(self, group: list[Row]) -> None:
        if self._out is None:
            self._out = pq.ParquetWriter(
                self._file, SCHEMA, compression="zstd"
            )
            self._copy(self._out)
        self._out.write_table(_table(group))

    def _copy(self, out: pq.ParquetWriter) -> None:
        """Put first what was there before."""
        if not self._path.exists() or not self._path.stat().st_size:
            return
        with pq.ParquetFile(self._path) as there:
            for batch in there.iter_batches(GROUP):
                out.write_batch(batch)

    def close(self) -> None:
        """Let the file have all rows; without any it is left as it was."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._group:
                self._hand_over()
            if self._making is not None:
                self._making.result()
            if self._out is not None:
                self._out.close()
                self._replace()
        finally:
            self._thread.shutdown(wait=True)
            self._let_go()

    def _replace(self) -> None:
        self._file.flush()
        with suppress(FileNotFoundError):
            os.fchmod(self._file.fileno(), self._path.stat().st_mode)
        os.fsync(self._file.fileno())
        os.replace(self._part, self._path)

    def _let_go(self) -> None:
        """Take away a part that has not become the file."""
        if self._out is not None and self._out.is_open:
            with suppress(OSError, pa.ArrowException):
                self._out.close()
            self._out.is_open = False  # else it tries that once more
        with suppress(OSError):
            if _is(self._part, self._file):
                self._part.unlink()
        self._file.close()


def _table(rows: Sequence[Row]) -> pa.Table:
    columns: list[Any] = []
    for name, kind in KINDS.items():
        values = [row[name] for row in rows]
        if kind in {Kind.TIME, Kind.TEXT}:
            columns.append(_texts(values).cast(_TYPES[kind]))
        else:
            columns.append(pa.array(values, _TYPES[kind]))
    return pa.table(columns, schema=SCHEMA)


def _texts(values: list[str | None]) -> Any:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # bytes that were no text
        sound = [None if one is None else as_text(one) for one in values]
        return pa.array(sound, pa.string())


def _locked(part: Path) -> IO[bytes]:
    """The file `part`, empty, and nobody else's until it is closed."""
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o666)
        file = os.fdopen(descriptor, "r+b")
        if not try_lock(descriptor):
            file.close()
            raise RunBusy(
                f"another run is writing to the receipt {part}; wait for its"
                " end, or choose another --receipt"
            )
        # Its last owner may have given it its place in the meantime.
        if _is(part, file):
            file.truncate(0)
            return file
        file.close()


def _is(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
