r"""A peer: a bare loop with the S3 client of awscrt (C), which reads itself.

    python tests/benchmarks/loop_awscrt.py \
        REQUESTS CONNECTIONS TREE ENDPOINT [CA]

No journal, no verdicts, no progress; so many requests at once, over so many
connections; 0 for as many as the client finds right for 10 Gbit/s.
"""

import os
import sys
from collections.abc import Iterator
from threading import Semaphore
from typing import Any
from urllib.parse import urlsplit

from awscrt.auth import AwsCredentialsProvider
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import (
    ClientBootstrap,
    ClientTlsContext,
    DefaultHostResolver,
    EventLoopGroup,
    TlsContextOptions,
)
from awscrt.s3 import (
    S3Client,
    S3RequestTlsMode,
    S3RequestType,
    create_default_s3_signing_config,
)


def files(root: str) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            yield path, "data/" + os.path.relpath(path, root)


def client_for(connections: int, authority: str | None) -> S3Client:
    group = EventLoopGroup()
    provider = AwsCredentialsProvider.new_static(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    )
    region, tls, mode = "us-east-1", None, S3RequestTlsMode.DISABLED
    if authority:
        options = TlsContextOptions()
        options.override_default_trust_store_from_path(None, authority)
        tls = ClientTlsContext(options).new_connection_options()
        mode = S3RequestTlsMode.ENABLED
    return S3Client(
        bootstrap=ClientBootstrap(group, DefaultHostResolver(group)),
        region=region,
        tls_mode=mode,
        tls_connection_options=tls,
        signing_config=create_default_s3_signing_config(
            region=region, credential_provider=provider
        ),
        # So many as were asked for it takes for a faster link alone.
        throughput_target_gbps=100 if connections else 10,
        max_active_connections_override=connections or None,
    )


def main(
    requests: int,
    connections: int,
    root: str,
    endpoint: str,
    authority: str | None = None,
) -> None:
    host = urlsplit(endpoint).netloc
    client = client_for(connections, authority)
    free = Semaphore(requests)
    failed: list[Exception] = []

    def done(*, error: Exception | None, **_: Any) -> None:
        if error:
            failed.append(error)
        free.release()

    for path, key in files(root):
        size = str(os.stat(path).st_size)
        headers = HttpHeaders([("Host", host), ("Content-Length", size)])
        free.acquire()
        client.make_request(
            type=S3RequestType.PUT_OBJECT,
            request=HttpRequest("PUT", f"/bench/{key}", headers),
            send_filepath=path,
            on_done=done,
        )
    for _ in range(requests):
        free.acquire()
    if failed:
        raise failed[0]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
