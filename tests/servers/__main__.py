"""The scripted server in a process of its own, to be measured against.

``python -m servers [PORT]``, in tests/, prints its address, access key and
secret, and serves "bucket" until standard input ends. It lets bodies over
64 KiB go and logs nothing, so that it stays small.
"""

import sys

from .scripted import IDENTITY, ScriptedServer

if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with ScriptedServer(port=wanted, keep=64 * 1024, record=False) as server:
        print(server.url, IDENTITY.access_key, IDENTITY.secret_key, flush=True)
        sys.stdin.read()
