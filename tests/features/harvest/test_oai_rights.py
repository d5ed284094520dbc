"""Rights in OAI-PMH: a group that was never public leaves no trace, and one that is closed leaves deleted records."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from time import process_time
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

import kb.features.harvest.records
from kb.features.harvest.oai_arguments import ListPosition
from kb.features.harvest.records import HarvestRecordsReading, record_next_items, waiting_group
from kb.features.harvest.visibility_changes import record_visibility_changes
from kb.indexer import catch_up
from kb.model.people.group import Group, Visibility
from kb.services.core.library import Library
from tests.factories.items import an_item
from tests.features.harvest.conftest import OPEN, SECRET, Oai, token_of_member
from tests.features.harvest.test_oai import ALL, LIST, identifier, whole_list

TRACES = ("cache", "secret", "Caché", "Réservé", "caché")


def close(library: Library, group: Group) -> None:
    with library.store.write() as writing:
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))


def test_nothing_of_a_closed_group_is_in_any_answer(client: TestClient, oai: Oai, library: Library) -> None:
    with library.store.write() as writing:
        writing.items.add([an_item("Caché", id="cache-2", order=30, group=SECRET)])
        writing.items.remove(["cache-2"])
    catch_up(library)
    for query in (
        "verb=Identify", "verb=ListSets", "verb=ListRecords&metadataPrefix=oai_dc",
        "verb=ListRecords&metadataPrefix=marcxml", "verb=ListIdentifiers&metadataPrefix=oai_dc",
    ):  # fmt: skip
        text = client.get(f"/oai?{query}").text
        assert not [trace for trace in TRACES if trace in text], query
    assert oai("GetRecord", identifier=identifier(oai, "cache"), **LIST).error == "idDoesNotExist"


@pytest.mark.parametrize("part", ["", ":tag-eau", ":tag-secrets", ":search-s-secret", ":search-s-lectures", ":rien"])
def test_a_set_of_a_closed_group_answers_as_one_that_does_not_exist(client: TestClient, part: str) -> None:
    answers = []
    for group in ("secret", "rienrien"):
        text = client.get(f"/oai?verb=ListRecords&metadataPrefix=oai_dc&set={group}{part}").text
        answers.append(text.partition("</request>")[2])
    assert answers[0] == answers[1]
    assert "noRecordsMatch" in answers[0]


def test_a_search_of_another_group_is_no_set_of_an_open_one(oai: Oai) -> None:
    assert oai("ListRecords", **LIST, set="autres:search-s-secret").error == "noRecordsMatch"
    assert oai("ListRecords", **LIST, set="autres:search-s-lectures").error == "noRecordsMatch"


@pytest.mark.usefixtures("small_parts")
def test_a_group_closed_between_two_parts_is_gone_from_the_rest(oai: Oai, library: Library) -> None:
    first = oai("ListRecords", **LIST)
    assert first.ids == ["i1", "i2"]
    close(library, OPEN)
    rest = oai("ListRecords", resumptionToken=first.token)
    assert (rest.ids, rest.deleted, rest.token) == (["riche"], [], "")
    began = first.text("responseDate") or ""
    ids_found, deleted = whole_list(oai, **LIST, from_=began)
    assert set(ALL[:5]) == set(deleted)
    assert set(ids_found) - {"riche"} == set(deleted)


def incremental_harvest(oai: Oai, ids_kept: set[str], deleted: set[str], since: str = "") -> str:
    """One incremental harvest of a portal that stores present and deleted ids; returns the next `from`."""
    answer = oai("ListRecords", **LIST, **({"from_": since} if since else {}))
    began = answer.text("responseDate") or ""
    while True:
        deleted_ids = set(answer.deleted)
        deleted.update(deleted_ids)
        deleted.difference_update(set(answer.ids) - deleted_ids)
        ids_kept.update(answer.ids)
        ids_kept.difference_update(deleted_ids)
        if not answer.token:
            return began
        answer = oai("ListRecords", resumptionToken=answer.token)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("opened_after", [None, 0, 1, 2])
def test_a_harvest_between_the_batches_of_a_large_group_misses_nothing(
    oai: Oai, library: Library, monkeypatch: pytest.MonkeyPatch, opened_after: int | None
) -> None:
    monkeypatch.setattr(kb.features.harvest.records, "GROUP_BATCH", 2)
    ids_kept, deleted = set[str](), set[str]()
    since = incremental_harvest(oai, ids_kept, deleted)
    assert ids_kept == set(ALL)
    close(library, OPEN)
    batches = 0
    while True:
        since = incremental_harvest(oai, ids_kept, deleted, since)
        if opened_after is None or batches <= opened_after:
            # The group is closed at once, before its records have new dates.
            assert set(whole_list(oai, **LIST)[1]) == set(ALL[:5])
        if batches == opened_after:
            with library.store.write() as writing:
                writing.groups.update(OPEN)
        with library.store.write() as writing:
            if not waiting_group(writing.connection):
                break
            record_next_items(writing.connection)
        batches += 1
    incremental_harvest(oai, ids_kept, deleted, since)
    assert ids_kept == ({"riche"} if opened_after is None else set(ALL))
    assert deleted == (set(ALL[:5]) if opened_after is None else set())


def test_a_large_group_is_closed_to_harvests_at_once(
    oai: Oai, client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.features.harvest.records, "GROUP_BATCH", 1)
    name = identifier(oai, "i5")
    close(library, OPEN)
    assert oai("GetRecord", identifier=name, **LIST).deleted == ["i5"]
    assert oai("ListRecords", **LIST, set="lectures").error == "noRecordsMatch"
    for query in ("verb=ListSets", "verb=ListRecords&metadataPrefix=oai_dc", "verb=ListRecords&metadataPrefix=marcxml"):
        text = client.get(f"/oai?{query}").text
        assert not [trace for trace in ("Titre", "lectures", "communes") if trace in text], query


def test_a_process_that_ends_leaves_the_rest_of_a_large_group_to_the_next_one(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.features.harvest.records, "GROUP_BATCH", 1)
    close(library, OPEN)
    stop = Event()
    with patch.object(stop, "wait", lambda _: stop.set()):
        record_visibility_changes(library, stop)
    with library.store.read() as reading:
        assert waiting_group(reading.connection)
        assert [HarvestRecordsReading(reading.connection).of_item(item_id).withdrawn for item_id in ALL[:5]] == [
            True,
            True,
            False,
            False,
            False,
        ]  # type: ignore[union-attr]
    record_visibility_changes(library)
    with library.store.read() as reading:
        assert not waiting_group(reading.connection)
        assert all(HarvestRecordsReading(reading.connection).of_item(item_id).withdrawn for item_id in ALL[:5])  # type: ignore[union-attr]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("spec", ["lectures", "lectures:tag-eau"])
def test_the_set_of_a_group_closed_between_two_parts_ends_there(oai: Oai, library: Library, spec: str) -> None:
    token = oai("ListRecords", **LIST, set=spec).token
    assert token
    close(library, OPEN)
    assert oai("ListRecords", resumptionToken=token).error == "badResumptionToken"
    assert oai("ListRecords", **LIST, set=spec).error == "noRecordsMatch"


def test_a_record_of_a_closed_group_says_no_more_than_that_it_is_deleted(oai: Oai, library: Library) -> None:
    close(library, OPEN)
    answer = oai("ListRecords", **LIST)
    sizes = [answer_size for name, answer_size in answer.headers.items() if not name.endswith("riche")]
    assert len(sizes) == 5
    for header in sizes:
        assert header.get("status") == "deleted"
        assert [child.tag.partition("}")[2] for child in header] == ["identifier", "datestamp"]
    assert answer.texts("setSpec") == ["autres", "autres:tag-eau"]


def test_an_item_moved_to_a_closed_group_is_deleted_there_where_it_was(oai: Oai, library: Library) -> None:
    with library.store.write() as writing:
        item = writing.items.any_of(["riche"])["riche"]
        writing.items.update([replace(item, group_id=SECRET.id, tags=("secrets",))])
    catch_up(library)
    answer = oai("ListRecords", **LIST)
    assert answer.deleted == ["riche"]
    header = next(answer_size for name, answer_size in answer.headers.items() if name.endswith("riche"))
    assert [set_spec.text for set_spec in header.iter("{*}setSpec")] == ["autres"]


def test_a_token_made_by_hand_opens_nothing(oai: Oai, client: TestClient, library: Library) -> None:
    with library.store.read() as reading:
        identity = reading.meta.get("identity") or reading.meta.get("authority") or ""
    now = datetime.now(UTC)
    list_position = ListPosition("ListRecords", "oai_dc", "secret", "", "9999", ("", "x"), 0, 3)
    for position in (
        list_position,
        replace(list_position, spec="secret:tag-eau"),
        replace(list_position, spec="", since="\x00"),
        replace(list_position, spec="", after=("2020", "\ud800")),
        replace(list_position, spec="\x00"),
        replace(list_position, spec="a\x00:search-\x00"),
        replace(list_position, cursor=-1),
        replace(list_position, cursor=True),
        replace(list_position, before=None),  # type: ignore[arg-type] # what a hostile program may send
    ):
        answer = client.get("/oai", params={"verb": "ListRecords", "resumptionToken": position.token(identity, now)})
        assert answer.status_code == 200
        assert 'code="badResumptionToken"' in answer.text
    whole = replace(list_position, spec="", after=("0000", "a")).token(identity, now)
    assert oai("ListRecords", resumptionToken=whole).ids == ALL


def test_the_repository_is_the_same_for_a_member_of_the_closed_group(client: TestClient, library: Library) -> None:
    token = token_of_member(library)
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/items/cache", headers=headers).status_code == 200
    texts = [
        client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc", headers=sent_headers).text.partition(
            "</responseDate>"
        )[2]
        for sent_headers in (headers, {})
    ]
    assert texts[0] == texts[1]


def test_a_closed_group_costs_no_more_than_one_that_does_not_exist(client: TestClient) -> None:
    """CPU time of requests: the closed group is refused before any of its content is read."""

    def cost(spec: str) -> float:
        begun = process_time()
        for _ in range(20):
            client.get(f"/oai?verb=ListRecords&metadataPrefix=oai_dc&set={spec}")
        return process_time() - begun

    cost("secret:tag-eau")
    pairs = [(cost("secret:tag-eau"), cost("secrat:tag-eau")) for _ in range(3)]
    assert min(name for name, _ in pairs) < 3 * min(other for _, other in pairs)
