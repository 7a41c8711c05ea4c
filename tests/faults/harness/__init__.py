"""What every test of a fault uses: one Windrow of real processes on a real PostgreSQL, a
receiver and a publisher with ledgers, and the count of both."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]

# grpc's handlers for fork would wait for threads of its own; children here only exec.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# A client without calls looks at its connection this often; a server that stops waits for
# that.
os.environ.setdefault("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100")
sys.path.append(str(ROOT / "tests" / "bench"))  # postgres.py
