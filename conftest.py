"""The world that every test and every docstring example runs in: one CPU's JAX, Keras beside it, names from zero."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["KERAS_BACKEND"] = "jax"
os.environ["KERAS_HOME"] = str(Path(__file__).parent / ".pytest_cache" / "keras")  # nobody's own ~/.keras/keras.json
os.environ["MPLBACKEND"] = "agg"
# Tests compile thousands of small programs and run each once: what LLVM does to make them quick takes longer than they.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
for personal in ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "WEIGH_LANG"):
    os.environ.pop(personal, None)  # what people read is compared with golden files
if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores already
    os.environ["NPROC"] = os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# The first call of anything may compile for seconds, so no example has a deadline.
settings.register_profile(
    "default", deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("default"), derandomize=False, max_examples=2000)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> None:
    """Every test's first Dense is `dense` and its seeds are the same each time, in Keras too where it is imported."""
    import weigh.utils

    weigh.utils.clear_session()
    weigh.utils.set_random_seed(0)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=False)
        sys.modules["keras"].utils.set_random_seed(0)
