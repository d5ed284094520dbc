"""Short random failures of three machines with Patroni; `bench/storms/failover.py` runs longer, with a negative
control.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.storms.failover_clients import longest_gap, private_parts
from bench.storms.failover_cluster import missing

ROOT = Path(__file__).resolve().parents[3]
WHY_NOT = missing()


@pytest.mark.storm
@pytest.mark.timeout(900)
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_the_leader_is_killed_and_cut_off_and_nothing_acknowledged_is_lost() -> None:
    storm = subprocess.run(
        [sys.executable, "bench/storms/failover.py", "--events", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    for kind in ("leader killed on node", "leader cut on node"):
        assert kind in storm.stdout
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
