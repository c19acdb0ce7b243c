"""Whose TLS certificates are believed."""

import ssl

from ..errors import UsageError
from ..settings import Settings


def verified_by(settings: Settings) -> str | bool | None:
    """What botocore wants to know: a file, whether at all, or None.

    None leaves it to AWS's own chain, where AWS_CA_BUNDLE is read.

    Raises:
        UsageError: when the file is none of PEM certificates.
    """
    bundle = settings.ca_bundle
    if bundle is None:
        return None if settings.verify_ssl else False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except ssl.SSLError as error:
        raise UsageError(
            f"the CA bundle {bundle} is no file of PEM certificates;"
            " name one with --ca-bundle or AWS_CA_BUNDLE"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot read the CA bundle {bundle}: {error.strerror};"
            " name another with --ca-bundle or AWS_CA_BUNDLE"
        ) from error
    return str(bundle)
