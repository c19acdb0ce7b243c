"""The command, on a file system where each look at a file takes 0.5 ms.

python tests/benchmarks/slow_stat.py upload ...
"""

import os
import time

from pt5_async.cli.app import main
from pt5_async.disk.walk import walk

SECONDS = 0.0005


def slow_lstat(path: str) -> os.stat_result:
    time.sleep(SECONDS)
    return os.lstat(path)


if __name__ == "__main__":
    assert walk.__kwdefaults__ is not None
    walk.__kwdefaults__["look"] = slow_lstat
    main()
