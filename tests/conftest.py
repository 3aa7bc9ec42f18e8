"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before numpy is imported, and for the processes that tests start: BLAS threads that wait beside other tests take half
# of all CPU time.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

settings.register_profile("patient", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("patient")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Third-party data that is no part of the project; tests that want it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"third-party data is not beside this checkout ({SHARED.parent.name}/{SHARED.name})")
    return SHARED
