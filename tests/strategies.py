"""What hypothesis draws from: names, paths and bins of the instrument."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pt5_async.ifcb.names import Kind, Pid, Style
from pt5_async.ifcb.synthetic import BinBytes, make_bin

_SECONDS = st.datetimes(
    min_value=datetime(1, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive
    max_value=datetime(9999, 12, 31, 23, 59, 59),  # noqa: DTZ001
).map(lambda time: time.replace(microsecond=0, tzinfo=UTC))

_INSTRUMENTS = st.from_regex(r"[0-9]{1,6}", fullmatch=True)

# Neither control characters nor halves of surrogate pairs, nor a "/".
_LETTERS = st.characters(
    exclude_categories=("Cc", "Cs"), exclude_characters="/"
)


def new_pids() -> SearchStrategy[Pid]:
    """Bins of the new style, of any instrument and any time."""
    return st.builds(_new_pid, _SECONDS, _INSTRUMENTS)


def old_pids() -> SearchStrategy[Pid]:
    """Bins of the old style, of any instrument and any time."""
    return st.builds(_old_pid, _SECONDS, _INSTRUMENTS)


def pids() -> SearchStrategy[Pid]:
    """Bins of either style."""
    return st.one_of(new_pids(), old_pids())


def extensions() -> SearchStrategy[tuple[str, Kind]]:
    """A member's extension in some mixture of cases, and what it means."""
    return st.sampled_from(Kind).flatmap(
        lambda kind: st.tuples(
            *(st.sampled_from((c, c.upper())) for c in kind.value)
        ).map(lambda letters: ("." + "".join(letters), kind))
    )


def file_names() -> SearchStrategy[str]:
    """Names that a file may have: any script, spaces, dots; short."""
    return st.text(_LETTERS, min_size=1, max_size=20).filter(
        lambda name: name not in (".", "..")
    )


def relative_paths() -> SearchStrategy[str]:
    """Paths below a source, "/" between folders; under 1,024 bytes."""
    return st.lists(file_names(), min_size=1, max_size=8).map("/".join)


@st.composite
def bins(draw: st.DrawFn) -> tuple[Pid, BinBytes]:
    """A complete bin of either style, with and without counts or CRs."""
    pid = draw(pids())
    made = make_bin(
        pid,
        seed=draw(st.integers(0, 2**32)),
        rois=draw(st.integers(0, 12)),
        size=(draw(st.integers(1, 40)), draw(st.integers(1, 40))),
        counts=draw(st.booleans()),
        crlf=draw(st.booleans()),
    )
    return pid, made


def _new_pid(time: datetime, digits: str) -> Pid:
    day = f"{time.year:04}{time.month:02}{time.day:02}"
    clock = f"{time.hour:02}{time.minute:02}{time.second:02}"
    text = f"D{day}T{clock}_IFCB{digits}"
    return Pid(text, Style.NEW, int(digits), time)


def _old_pid(time: datetime, digits: str) -> Pid:
    day = f"{time.year:04}_{time.timetuple().tm_yday:03}"
    clock = f"{time.hour:02}{time.minute:02}{time.second:02}"
    text = f"IFCB{digits}_{day}_{clock}"
    return Pid(text, Style.OLD, int(digits), time)
