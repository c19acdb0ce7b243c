"""The scripted server in a process of its own, to be measured against.

``python -m servers [PORT]``, in tests/, prints its address, access key and
secret, and serves "bucket" until standard input ends. It lets bodies over
64 KiB go and logs nothing, so that it stays small.
"""

import argparse
import sys

from .scripted import IDENTITY, ScriptedServer

if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m servers", description=__doc__)
    parser.add_argument("port", nargs="?", type=int, default=0)
    port = parser.parse_args().port
    with ScriptedServer(port=port, keep=64 * 1024, record=False) as server:
        print(server.url, IDENTITY.access_key, IDENTITY.secret_key, flush=True)
        sys.stdin.read()
