"""The installed command on a person's terminal: a bar that never tears."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import PROGRAM, TARGET, Pier
from runs import write_bin
from saying import Terminal
from servers.faults import Answer, Delay, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no pseudo-terminals"
)

BAR = re.compile(r"^ *(\d+)% .*\d/90\+? files")
WIDTH = 100


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)
