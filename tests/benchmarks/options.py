"""What the benchmark of uploaders can be asked for."""

import argparse
from pathlib import Path
from typing import Final

WIRES: Final = ("http", "tls")
TREES: Final = (
    "small", "real", "big", "far", "again", "walk", "verify", "listing",
)  # fmt: skip

# Bins of each tree, in full and in the short form of two minutes.
_BINS: Final = {
    "small": (20_000, 500),
    "real": (300, 15),
    "big": (4, 1),
    "far": (20_000, 500),
    "many": (333_334, 3_334),
}

_SINK: Final = """\
what small, real and big are sent to: our own, which counts what arrives and
echoes checksums, or nginx, which does neither (so that pt5-async works out an
MD5 as well); far and again always go to our own"""

_EXAMPLES: Final = """\
examples:
  run.py --short                         every tree, small, once: two minutes
  run.py --trees small,real --rounds 5   two trees, five rounds
  run.py --trees far --peers s5cmd,express --far 5000
  run.py --trees small --sink both       is it our sink that is measured?
  run.py --trees verify,listing          what is there: is it the same?
"""


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--short", action="store_true", help="small trees, one round")
    add("--trees", type=_several, default=list(TREES), help=_of(TREES))
    add("--wires", type=_several, default=["http", "tls"], help=_of(WIRES))
    add("--peers", type=_several, help="first words of names; else all")
    add("--rounds", type=int, help="default 3, in the short form 1")
    for tree, (full, short) in _BINS.items():
        told = f"its bins, each of 3 files (default {full:,}, {short:,})"
        add(f"--{tree}", type=int, metavar="BINS", help=told)
    add("--sink", choices=("own", "nginx", "both"), default="own", help=_SINK)
    told = "of far and listing, in seconds"
    add("--delay", type=float, default=0.05, help=told)
    add("--limit", type=float, default=1800.0, help="seconds for a process")
    add("--port", type=int, default=19571, help="this one and the next")
    told = "where trees and peers are kept (default %(default)s)"
    add("--folder", type=Path, default=Path("/tmp/pt5-bench"), help=told)
    add("--json", type=Path, metavar="FILE", help="every run's figures")
    given = parser.parse_args(words)
    for tree, sizes in _BINS.items():
        if getattr(given, tree) is None:
            setattr(given, tree, sizes[given.short])
    given.rounds = given.rounds or (1 if given.short else 3)
    for known, said in ((TREES, given.trees), (WIRES, given.wires)):
        for one in set(said) - set(known):
            parser.error(f"{one} is unknown; {_of(known)}")
    return given


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")]


def _of(names: tuple[str, ...]) -> str:
    return f"some of {','.join(names)}"
