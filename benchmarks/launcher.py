"""Runs a command and prints what it took: ``launcher.py OUTPUT PROGRAM ARGUMENT…``.

It stands alone, in a process of its own, because Linux counts the peak memory of a parent as the child's: measured
from a process that has imported JAX, nothing would seem to need less than JAX.
"""

import json
import os
import sys
import time

output, *command = sys.argv[1:]
open_output = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_NOCTTY, 0)
start = time.perf_counter()
child = os.posix_spawn(command[0], command, os.environ, file_actions=[open_output])
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
scale = 1 if sys.platform == "darwin" else 1024  # the kernels' units of the peak
print(json.dumps({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * scale}))
sys.exit(os.waitstatus_to_exitcode(status) and 1)
