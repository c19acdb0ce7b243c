"""Times in a store's answers, read quickly where they are as S3 has them."""

from datetime import datetime
from typing import Any

from botocore.utils import parse_timestamp


def moment(value: Any) -> datetime:
    """The time that `value` stands for; anything odd is for botocore."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        odd: datetime = parse_timestamp(value)
        return odd
    return found
