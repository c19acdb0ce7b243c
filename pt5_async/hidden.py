"""What must not be said, and text without it."""

import re
from typing import Final

_PROOFS: Final = re.compile(
    r"""(?xi)
    ( (?:signature|security-token|secret[-_]?access[-_]?key|session[-_]?token
      |encryption-context|customer-key)
      (?: ['"]? \s* [=:] | ['"] \s* , ) \s* b?['"]? )
    [^\s'",;&<]+
    """
)
"""Values by which a request proves who asks, as headers and libraries that
tell of requests have them."""


def hidden(text: str, *secrets: str) -> str:
    """`text` without `secrets`, and without what requests are signed by."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _PROOFS.sub(r"\1***", text)
