"""The journal's tables, version by version.

`run` and `verification` have a number for each row that only grows, so that
the last ones are found without a search. `unsent` holds names for the last
run of a target alone: one that comes every ten minutes and holds the same
bins would fill the file.
"""

from typing import Final

APPLICATION: Final = 0x50743541
"""Marks an SQLite file as ours ("Pt5A"), in its header."""

STEPS: Final = (
    """
    CREATE TABLE target (
        id INTEGER PRIMARY KEY,
        endpoint TEXT NOT NULL,
        bucket TEXT NOT NULL,
        UNIQUE (endpoint, bucket)
    );
    CREATE TABLE sent (
        target INTEGER NOT NULL,
        key TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        checksum TEXT NOT NULL,
        etag TEXT NOT NULL,
        version TEXT,
        proof TEXT NOT NULL,
        whole INTEGER NOT NULL,
        sent_at_ns INTEGER NOT NULL,
        PRIMARY KEY (target, key)
    ) WITHOUT ROWID;
    CREATE TABLE upload (
        id INTEGER PRIMARY KEY,
        target INTEGER NOT NULL,
        key TEXT NOT NULL,
        upload_id TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        part_size INTEGER NOT NULL,
        algorithm TEXT NOT NULL,
        begun_ns INTEGER NOT NULL,
        UNIQUE (target, key, upload_id)
    );
    CREATE TABLE part (
        upload INTEGER NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        crc64 BLOB NOT NULL,
        digest BLOB,
        PRIMARY KEY (upload, number)
    ) WITHOUT ROWID;
    CREATE TABLE look (
        target INTEGER NOT NULL,
        key TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        first_ns INTEGER NOT NULL,
        PRIMARY KEY (target, key)
    ) WITHOUT ROWID;
    CREATE TABLE trait (
        endpoint TEXT PRIMARY KEY,
        algorithm TEXT,
        etag_is_md5 INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE run (
        target INTEGER NOT NULL,
        run TEXT NOT NULL,
        source TEXT NOT NULL,
        prefix TEXT NOT NULL,
        layout TEXT NOT NULL,
        begun_ns INTEGER NOT NULL,
        ended_ns INTEGER,
        counts TEXT,
        PRIMARY KEY (target, run)
    );
    CREATE TABLE newest (
        target INTEGER NOT NULL,
        prefix TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (target, prefix)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE habit (
        endpoint TEXT PRIMARY KEY,
        keeps_new INTEGER
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE ending (
        target INTEGER NOT NULL,
        run TEXT NOT NULL,
        exit_code INTEGER NOT NULL,
        PRIMARY KEY (target, run)
    ) WITHOUT ROWID;
    CREATE TABLE unsent (
        target INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        files TEXT NOT NULL
    );
    CREATE TABLE verification (
        target INTEGER NOT NULL,
        run TEXT NOT NULL,
        source TEXT NOT NULL,
        prefix TEXT NOT NULL,
        level TEXT NOT NULL,
        begun_ns INTEGER NOT NULL,
        ended_ns INTEGER NOT NULL,
        totals TEXT NOT NULL,
        PRIMARY KEY (target, run)
    )
    """,
)
"""What leads from each version to the next; the first step from nothing.

All others only make tables, so that who may only read an older file can
make them beside it.
"""

VERSION: Final = len(STEPS)
