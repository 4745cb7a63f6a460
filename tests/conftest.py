"""One thread a test process: networks here are tiny, and threads that wait for one another cost much."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
