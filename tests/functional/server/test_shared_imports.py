"""Workers that are forked from one process share all modules: none is imported in each of them."""

import subprocess
import sys

from tests.conftest import Kb

_NEW_MODULES = """
import sys
from kb.cli.server.worker_app import app_from_environment, load_shared_values
from kb.site import settings_from_environment

load_shared_values(settings_from_environment())
before = set(sys.modules)
app_from_environment()
print(*sorted(name for name in set(sys.modules) - before if name.startswith("kb.")))
"""


def test_a_forked_worker_imports_nothing_for_its_application(kb: Kb) -> None:
    assert kb("migrate").code == 0
    done = subprocess.run(
        [sys.executable, "-c", _NEW_MODULES], env=kb.environment, capture_output=True, text=True, check=False
    )
    # The embedder belongs to the library that is opened.
    assert (done.returncode, done.stdout.split()) == (0, ["kb.features.meaning.question_embedder"]), done.stderr
