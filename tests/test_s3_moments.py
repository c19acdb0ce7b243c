"""Times in answers mean what botocore takes them to mean."""

import pytest
from botocore.utils import parse_timestamp

from pt5_async.s3.moments import moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T21:40:11.000Z",
        "2026-11-22T21:40:11Z",
        "2026-11-22T21:40:11.123456Z",
        "2026-11-22T21:40:11+01:00",
        "Sun, 22 Nov 2026 21:40:11 GMT",
        "20261122T214011Z",
        "1792968011",
        1792968011,
        1792968011.5,
    ],
)
def test_a_time_is_what_the_library_takes_it_for(value: object) -> None:
    assert moment(value) == parse_timestamp(value)
    assert moment(value).tzinfo is not None


def test_what_is_no_time_is_refused_as_ever() -> None:
    with pytest.raises(ValueError, match="Invalid timestamp"):
        moment("yesterday, about noon")
