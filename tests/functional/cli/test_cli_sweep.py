"""`kb sweep`, the background process that does the same, and removed content in exports and backups."""

import json
import time
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR
from kb.services.moderation.moderation_actions import remove_content, restore_content
from kb.site import open_library, open_store
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, until

LINES = "".join(json.dumps({"id": f"s{n}", "title": f"Signet {n}", "group": "veille"}) + "\n" for n in range(400))


def remove_items(kb: Kb, *ids: str) -> list[str]:
    with closing(open_library(kb.settings)) as library:
        return [remove_content(library, OPERATOR, item_id).id for item_id in ids]


def put_back(kb: Kb, *ids: str) -> None:
    with closing(open_library(kb.settings)) as library:
        for removal_id in ids:
            restore_content(library, OPERATOR, removal_id)


def count_of_trash(kb: Kb) -> int:
    with closing(open_store(kb.settings.store_url)) as store, store.read() as reading:
        count = reading.moderation.connection.exec_driver_sql("SELECT count(*) FROM removed_content")
        return int(count.scalar_one())


def let_time_pass(kb: Kb) -> None:
    """Make everything in the trash older than its retention period."""
    with closing(open_store(kb.settings.store_url)) as store, store.write() as writing:
        past = "UPDATE removed_content SET expires_at = '2020-01-01T00:00:00.000000Z'"
        writing.moderation.connection.exec_driver_sql(past)


def test_an_export_leaves_out_what_a_backup_keeps(base: Kb, other: Kb) -> None:
    whole = base("export").out
    (removal_id,) = remove_items(base, "s2")
    assert [json.loads(line)["id"] for line in base("export").out.splitlines()] == ["s1", "s3"]
    assert "Signet 2" not in base("search", "Signet").out
    assert base("index", "check").code == 0
    file = base.folder.parent / "sauvegarde.zip"
    assert base("backup", file).code == 0
    assert other("restore", file).code == 0
    assert other("export").out == base("export").out
    put_back(other, removal_id)
    assert other("export").out == whole
    # The same file again: records whose items are in the trash are skipped, and the report says so.
    again = base("import", "-", "--json", stdin=whole).json
    assert (again["unchanged"], again["skipped"]) == (2, 1)
    assert "corbeille" in again["warnings"][0]["why"]


def test_the_trash_is_emptied_in_its_time(base: Kb) -> None:
    remove_items(base, "s2")
    assert base("sweep").err.startswith("Éléments supprimés de la corbeille\u202f: 0")
    let_time_pass(base)
    swept = base("sweep")
    assert swept.code == 0
    assert swept.err.startswith("Éléments supprimés de la corbeille\u202f: 1")
    assert swept.err.rstrip().endswith("groupes\u202f: 0.")
    assert count_of_trash(base) == 0
    assert base("index", "check").code == 0
    # An item that was deleted permanently can be imported again.
    assert (
        base("import", "-", "--json", stdin='{"id": "s2", "title": "Signet 2", "group": "veille"}\n').json["added"] == 1
    )


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "3651", "1.5", "²", "9" * 30])
@pytest.mark.parametrize("option", ["--bin-days", "--log-days", "--session-days"])
def test_days_that_cannot_be_are_refused_in_a_sentence(kb: Kb, option: str, value: str) -> None:
    refused = kb(option, value, "migrate")
    assert refused.code == 2
    assert "nombre entier de jours" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_a_kill_at_any_moment_loses_nothing(kb: Kb) -> None:
    assert kb("import", "-", stdin=LINES).code == 0
    remove_items(kb, *(f"s{n}" for n in range(1, 400)))
    let_time_pass(kb)
    counts = [count_of_trash(kb)]
    for pause in (0.05, 0.2, 0.3, 0.4, 0.6):
        process = kb.start("sweep")
        time.sleep(pause)
        process.kill()
        process.communicate()
        counts.append(count_of_trash(kb))
    assert counts == sorted(counts, reverse=True)
    assert kb("sweep").code == 0
    assert count_of_trash(kb) == 0
    assert [json.loads(line)["id"] for line in kb("export").out.splitlines()] == ["s0"]
    assert kb("index", "check").code == 0


def test_a_server_purges_expired_data_by_itself(base: Kb) -> None:
    remove_items(base, "s2", "s3")
    let_time_pass(base)
    with Server(base) as server:
        assert server.address
        until(lambda: count_of_trash(base) == 0, 30)
