"""Starts what is sent to: our own sink or nginx, plain or with TLS."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from answers import BEGUN, COMPLETED, EMPTY, ETAG

HERE: Final = Path(__file__).parent
STARTS: Final = 10.0
"""Seconds after which nginx should listen."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a sink did so far; None for what it does not count."""

    cpu: float
    requests: int | None = None
    sent: int | None = None

    def __sub__(self, before: "Tally") -> "Tally":
        return Tally(
            self.cpu - before.cpu,
            _less(self.requests, before.requests),
            _less(self.sent, before.sent),
        )


def _less(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


class Sink(Protocol):
    def tally(self) -> Tally: ...


@dataclass(frozen=True, slots=True)
class Wire:
    """Where a sink listens, and with which certificate, if any."""

    port: int
    certificates: Path | None = None

    @property
    def endpoint(self) -> str:
        scheme = "https" if self.certificates else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path | None:
        folder = self.certificates
        return folder / "authority.pem" if folder else None


class _Own:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tally(self) -> Tally:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        requests, sent, cpu = self._process.stdout.readline().split()
        return Tally(float(cpu), int(requests), int(sent))


@contextmanager
def own(
    wire: Wire,
    *,
    delay: float = 0.0,
    tree: Path | None = None,
    sums: bool = False,
) -> Iterator[Sink]:
    """Our own sink, in a second process; `tree` is what it has already.

    With `sums` it knows the MD5 of each file.
    """
    words = [sys.executable, str(HERE / "sink.py"), str(wire.port)]
    words += ["--delay", str(delay)]
    if wire.certificates:
        words += ["--certificate", str(wire.certificates / "server.pem")]
        words += ["--key", str(wire.certificates / "server.key")]
    if tree:
        words += ["--tree", str(tree), "--prefix", "data/"]
    if sums:
        words.append("--sums")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            if not process.stdout.readline():
                raise SystemExit("the sink did not start; see --port")
            yield _Own(process)
        finally:
            process.terminate()


class _Nginx:
    def __init__(self, master: int) -> None:
        children = Path(f"/proc/{master}/task/{master}/children")
        self._workers = children.read_text().split()

    def tally(self) -> Tally:
        ticks = 0
        for worker in self._workers:
            stat = Path(f"/proc/{worker}/stat").read_text()
            fields = stat.rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return Tally(ticks / os.sysconf("SC_CLK_TCK"))


def nginx_found() -> str | None:
    # Not on everybody's path, where it is a system's service.
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


@contextmanager
def nginx(wire: Wire, folder: Path) -> Iterator[Sink]:
    """One worker of nginx that keeps nothing, and counts nothing."""
    found = nginx_found()
    assert found
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sink.conf").write_text(_config(wire))
    words = [found, "-p", str(folder), "-c", str(folder / "sink.conf")]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            _await(wire.port, process)
            yield _Nginx(process.pid)
        finally:
            process.terminate()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit("nginx did not start; see --port")


def _config(wire: Wire) -> str:
    """A body is read to its end, since it goes on, empty, to a second door.

    A `return` at the first would answer before the body is there.
    """
    tls, inner = "", wire.port + 1
    if wire.certificates:
        tls = (
            f"ssl_certificate {wire.certificates}/server.pem;"
            f" ssl_certificate_key {wire.certificates}/server.key;"
        )
    return f"""{"user root;" if os.geteuid() == 0 else ""}
daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; client_body_buffer_size 64m;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f;
  uwsgi_temp_path u; scgi_temp_path s;
  keepalive_requests 1000000; keepalive_timeout 300;
  upstream answer {{ server 127.0.0.1:{inner}; keepalive 64; }}
  server {{ listen 127.0.0.1:{inner}; location / {{
      add_header ETag '{ETAG}' always; default_type application/xml;
      if ($args ~ "^uploads") {{ return 200 '{BEGUN}'; }}
      if ($request_method = POST) {{ return 200 '{COMPLETED}'; }}
      if ($request_method = GET) {{ return 200 '{EMPTY}'; }}
      return 200; }} }}
  server {{ listen 127.0.0.1:{wire.port} {"ssl" if tls else ""}; {tls}
    location / {{
      if ($request_method = HEAD) {{ return 404; }}
      proxy_pass http://answer; proxy_http_version 1.1;
      proxy_pass_request_body off; proxy_pass_request_headers off;
      proxy_set_header Connection ""; proxy_set_header Content-Length "";
    }} }}
}}
"""
