"""The tables of a verification, and its longer questions to them."""

from typing import Final

TABLES: Final = """
CREATE TABLE jobs (id INTEGER PRIMARY KEY, what TEXT NOT NULL);
CREATE TABLE files (
    key BLOB NOT NULL, job INTEGER NOT NULL, place INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sent_size INTEGER NOT NULL, sent_etag TEXT NOT NULL,
    sent_sum TEXT NOT NULL,
    there INTEGER, etag TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (key, job, place)
) WITHOUT ROWID;
CREATE TABLE bins (
    job INTEGER PRIMARY KEY, instrument INTEGER NOT NULL,
    time TEXT NOT NULL, proven INTEGER NOT NULL
);
CREATE TABLE lacking (job INTEGER PRIMARY KEY, whys TEXT NOT NULL);
CREATE TABLE chosen (job INTEGER PRIMARY KEY);
CREATE TABLE odd (stem BLOB PRIMARY KEY, kinds INTEGER NOT NULL)
    WITHOUT ROWID;
"""

UNKNOWN: Final = """
    there = size AND NOT (
        there = sent_size AND etag = sent_etag AND etag <> ''
        AND sent_sum <> '')
"""
"""Files of the right size of which the journal has no proof."""


CHOOSE: Final = """
INSERT INTO chosen SELECT job FROM (
    SELECT job, time, proven, dense_rank() OVER (
        PARTITION BY instrument ORDER BY time DESC
    ) AS place
    FROM bins
) WHERE proven AND time < ? AND place > ?
"""
"""Bins that began before a time, and are not of the newest so many."""
