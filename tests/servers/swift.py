"""OpenStack Swift with its S3 interface, all in one child process.

Account, container and object servers and the proxy run as green threads of
one process, each on a loopback port that the system chose; the bytes of
objects stay in memory. It is strict about signatures and checksums.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .buckets import made
from .child import running
from .endpoint import Endpoint

_DEVICE: Final = "disk"

_SWIFT_CONF: Final = """\
[swift-hash]
swift_hash_path_suffix = tests
"""

_PROXY_CONF: Final = """\
[DEFAULT]
swift_dir = {etc}
log_level = WARNING

[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo \
dlo versioned_writes symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:gatekeeper]
use = egg:swift#gatekeeper

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:s3api]
use = egg:swift#s3api
location = us-east-1
storage_domain = localhost
check_bucket_owner = false

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing1234 .admin

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true

[filter:symlink]
use = egg:swift#symlink
"""


@contextmanager
def swift(folder: Path) -> Iterator[Endpoint]:
    """A Swift server until the block ends; all it writes is in `folder`."""
    with running("swift", folder / "swift.log") as url:
        yield made(
            "swift", url, access_key="test:tester", secret_key="testing1234"
        )


def main(root: Path) -> None:
    """Serve from an empty folder until standard input ends."""
    import eventlet  # type: ignore[import-untyped]

    eventlet.monkey_patch()
    etc, devices = root / "etc", root / "devices"
    etc.mkdir()
    (devices / _DEVICE).mkdir(parents=True)
    (etc / "swift.conf").write_text(_SWIFT_CONF)
    (etc / "proxy.conf").write_text(_PROXY_CONF.format(etc=etc))
    from swift.common.utils import set_swift_dir  # type: ignore[import-untyped]

    set_swift_dir(str(etc))
    names = ("account", "container", "object", "proxy")
    sockets = {
        name: eventlet.listen(("127.0.0.1", 0), backlog=1024) for name in names
    }
    ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
    for name in names[:3]:
        _write_ring(etc / f"{name}.ring.gz", ports[name])
    for name, application in _applications(etc, devices).items():
        eventlet.spawn(_serve, sockets[name], application)
    print(f"http://127.0.0.1:{ports['proxy']}", flush=True)
    eventlet.tpool.execute(sys.stdin.read)


def _write_ring(path: Path, port: int) -> None:
    """Say where a service is: one device, one replica, on this port."""
    from swift.common.ring import RingBuilder  # type: ignore[import-untyped]

    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
    device = {"id": 0, "region": 1, "zone": 1, "weight": 1, "device": _DEVICE}
    builder.add_dev({**device, "ip": "127.0.0.1", "port": port})
    builder.rebalance()
    builder.get_ring().save(str(path))


def _applications(etc: Path, devices: Path) -> Mapping[str, Any]:
    """The four services as WSGI applications."""
    from swift.account.server import AccountController  # type: ignore[import-untyped]
    from swift.common.wsgi import loadapp  # type: ignore[import-untyped]
    from swift.container.server import ContainerController  # type: ignore[import-untyped]
    from swift.obj.mem_server import ObjectController  # type: ignore[import-untyped]

    settings = {
        "swift_dir": str(etc),
        "devices": str(devices),
        "mount_check": "false",
        "disable_fallocate": "true",
        "fallocate_reserve": "0",
        "db_preallocation": "off",
        "log_level": "WARNING",
    }
    return {
        "account": AccountController(settings),
        "container": ContainerController(settings),
        "object": ObjectController(settings),
        "proxy": loadapp(str(etc / "proxy.conf")),
    }


def _serve(sock: Any, application: Any) -> None:
    from eventlet import wsgi

    wsgi.server(sock, application, log_output=False, socket_timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
