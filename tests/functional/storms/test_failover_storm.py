"""Random failures of three machines with Patroni, in `scripts/test-thorough`: they wait for most of a minute before the
first one. `bench/storms/failover.py` runs longer, with a negative control; `tests/functional/nodes` has machines that
stop, without Patroni.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.storms.failover import EVENTS
from bench.storms.failover_clients import longest_gap, private_parts
from bench.storms.failover_cluster import missing
from tests.support.thoroughness import IS_THOROUGH

ROOT = Path(__file__).resolve().parents[3]
WHY_NOT = missing() if IS_THOROUGH else "scripts/test-thorough runs it."


@pytest.mark.storm
@pytest.mark.timeout(900)
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_machines_fail_and_nothing_acknowledged_is_lost() -> None:
    storm = subprocess.run(
        [sys.executable, "bench/storms/failover.py", "--events", str(len(EVENTS))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert [kind for kind in EVENTS if f"{kind} on node" not in storm.stdout] == []
    assert storm.stdout.count("The index and the database agree.") == 3
    assert storm.stdout.endswith("Nothing acknowledged was lost or done twice, and searching never stopped.\n")


def search_answer(total: int = 0, groups: tuple[str, ...] = (), titles: tuple[str, ...] = ()) -> object:
    return {
        "total": total,
        "facets": {"group": [{"value": group} for group in groups]},
        "items": [{"title": title} for title in titles],
    }


def test_a_result_of_a_private_group_is_detected() -> None:
    assert private_parts(search_answer(), "courgette") == ""
    assert private_parts(search_answer(3, ("ouvert",), ("mota courgette",)), "courgette") == ""
    assert private_parts(search_answer(3, ("ouvert", "ferme")), "courgette")
    assert private_parts(search_answer(3, ("ouvert",), ("mota courgette huissier",)), "courgette")
    assert private_parts(search_answer(1), "huissier")


def test_a_gap_is_the_longest_time_without_an_event_with_both_ends() -> None:
    assert longest_gap([3.0, 1.0, 2.0, 50.0], 0.0, 10.0) == 7.0
    assert longest_gap([], 0.0, 10.0) == 10.0
