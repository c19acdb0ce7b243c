"""moto as a child process: broad, and not strict about anything.

In a process of its own because importing it hooks into botocore, and
because our tests turn every warning, moto's too, into an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .buckets import made
from .child import running, wait_for_the_end
from .endpoint import Endpoint


@contextmanager
def moto(folder: Path) -> Iterator[Endpoint]:
    """A moto server until the block ends; its log is in `folder`."""
    with running("moto", folder / "moto.log") as url:
        # Any key does: it checks no signatures.
        yield made("moto", url, access_key="moto", secret_key="moto-secret")


def main() -> None:
    """Serve until standard input ends."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    print("http://{}:{}".format(*server.get_host_and_port()), flush=True)
    wait_for_the_end()
    server.stop()


if __name__ == "__main__":
    main()
