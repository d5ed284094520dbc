"""OAI-PMH: verbs, errors, lists in several answers, dates, sets and deleted records; schemas validate each answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import Library
from tests.checkers.oai_pmh import DC, checked_answer
from tests.factories.items import an_item
from tests.features.harvest.conftest import OPEN, Oai

ALL = ["i1", "i2", "i3", "i4", "i5", "riche"]
LIST = {"metadataPrefix": "oai_dc"}


def whole_list(oai: Oai, verb: str = "ListRecords", **arguments: str) -> tuple[list[str], list[str]]:
    """The ids of all records of a list, and those of its deleted records."""
    answer = oai(verb, **arguments)
    ids, deleted = answer.ids, answer.deleted
    while token := answer.token:
        answer = oai(verb, resumptionToken=token)
        ids, deleted = ids + answer.ids, deleted + answer.deleted
    return ids, deleted


def identifier(oai: Oai, item_id: str) -> str:
    """The identifier of an item, with the authority of this database."""
    return next(iter(oai("ListIdentifiers", **LIST).headers)).rpartition(":")[0] + ":" + item_id


def change(library: Library, item_id: str, title: str = "Changé") -> None:
    with library.store.write() as writing:
        writing.items.update([replace(writing.items.any_of([item_id])[item_id], title=title)])
    catch_up(library)


def seconds_later(count: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=count)).isoformat(timespec="seconds").replace("+00:00", "Z")


def test_the_repository_says_what_it_is(oai: Oai) -> None:
    answer = oai("Identify")
    assert answer.text("baseURL") == "http://127.0.0.1:8000/oai"
    assert answer.text("deletedRecord") == "persistent"
    assert answer.text("granularity") == "YYYY-MM-DDThh:mm:ssZ"
    assert answer.text("earliestDatestamp") == min(oai("ListIdentifiers", **LIST).texts("datestamp"))
    assert answer.text("adminEmail") == "florilege@localhost.invalid"


def test_a_form_asks_as_an_address_does(client: TestClient, oai: Oai) -> None:
    sent = client.post("/oai", data={"verb": "ListIdentifiers", **LIST})
    assert checked_answer(sent.content).ids == oai("ListIdentifiers", **LIST).ids == ALL
    assert client.head("/oai?verb=Identify").status_code == 200


def test_a_record_has_the_fields_of_its_item(oai: Oai) -> None:
    answer = oai("GetRecord", identifier=identifier(oai, "riche"), metadataPrefix="oai_dc")
    assert answer.texts("title", DC) == ["Un & deux <trois>"]
    assert answer.texts("creator", DC) == ["Roy, Claire"]
    assert answer.texts("identifier", DC) == ["https://exemple.fr/?a=1&b=2", "http://127.0.0.1:8000/items/riche"]
    assert answer.texts("date", DC) == ["2014-11"]
    assert answer.texts("setSpec") == ["autres", "autres:tag-eau"]


def test_every_format_gives_every_record(oai: Oai) -> None:
    prefixes = oai("ListMetadataFormats").texts("metadataPrefix")
    assert prefixes == ["oai_dc", "marcxml"]
    for prefix in prefixes:
        assert oai("ListRecords", metadataPrefix=prefix).ids == ALL
    assert oai("ListMetadataFormats", identifier=identifier(oai, "i1")).texts("metadataPrefix") == prefixes


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_a_long_list_comes_in_parts(oai: Oai, verb: str) -> None:
    first = oai(verb, **LIST)
    token = first.root.find(".//{*}resumptionToken")
    assert (token.get("cursor"), token.get("completeListSize")) == ("0", "6")
    assert token.get("expirationDate") > seconds_later(23 * 3600)
    assert whole_list(oai, verb, **LIST) == (ALL, [])
    last = oai(verb, resumptionToken=oai(verb, resumptionToken=first.token).token)
    end = last.root.find(".//{*}resumptionToken")
    assert (last.token, end.get("cursor"), end.get("completeListSize")) == ("", "4", "6")


@pytest.mark.usefixtures("small_parts")
def test_the_same_part_can_be_asked_for_again(oai: Oai) -> None:
    token = oai("ListRecords", **LIST).token
    again = [oai("ListRecords", resumptionToken=token).ids for _ in range(2)]
    assert again == [["i3", "i4"], ["i3", "i4"]]


@pytest.mark.usefixtures("small_parts")
def test_a_record_that_changes_during_a_harvest_comes_in_the_next_one(oai: Oai, library: Library) -> None:
    first = oai("ListRecords", **LIST)
    change(library, "i1")
    change(library, "i5")
    with library.store.write() as writing:
        writing.items.remove(["i4"])
        writing.items.add([an_item("Nouveau", id="n1", order=20, group=OPEN)])
    ids, answer = first.ids, first
    while answer.token:
        answer = oai("ListRecords", resumptionToken=answer.token)
        ids += answer.ids
    assert ids == ["i1", "i2", "i3", "riche"]
    began = first.text("responseDate") or ""
    ids_found, deleted = whole_list(oai, **LIST, from_=began)
    assert {"i1", "i5", "i4", "n1"} <= set(ids_found)
    assert deleted == ["i4"]


def test_a_harvest_between_the_change_and_its_date_does_not_miss_it(oai: Oai, library: Library) -> None:
    for number in range(5):
        change(library, "i3", f"Titre {number}")
        began = oai("ListIdentifiers", **LIST).text("responseDate") or ""
        change(library, "i2", f"Titre {number}")
        assert "i2" in oai("ListIdentifiers", **LIST, from_=began).ids


def test_dates_limit_a_list_to_the_second_and_to_the_day(oai: Oai, library: Library) -> None:
    with library.store.write() as writing:
        stamps = {
            "i1": "2020-01-01T10:00:00.000001Z",
            "i2": "2020-01-01T10:00:01.999999Z",
            "i3": "2020-01-02T00:00:00Z",
        }
        for item_id, stamp in stamps.items():
            statement = f"UPDATE harvest_records SET stamp = '{stamp}' WHERE item_id = '{item_id}'"
            writing.items.connection.exec_driver_sql(statement)
    assert oai("Identify").text("earliestDatestamp") == "2020-01-01T10:00:00Z"

    def ids(**arguments: str) -> list[str]:
        return oai("ListIdentifiers", **LIST, **arguments).ids

    assert ids(until="2020-01-01") == ["i1", "i2"]
    assert ids(until="2020-01-01T10:00:00Z") == ["i1"]
    assert ids(from_="2020-01-01T10:00:01Z", until="2020-01-02T00:00:00Z") == ["i2", "i3"]
    assert ids(from_="2020-01-02", until="2020-01-02") == ["i3"]
    assert ids(from_="2020-01-01T10:00:01Z", until="2020-01-01T10:00:01Z") == ["i2"]
    assert oai("ListIdentifiers", **LIST, until="2019-12-31").error == "noRecordsMatch"
    assert oai("ListIdentifiers", **LIST, from_=seconds_later(60)).error == "noRecordsMatch"
    assert ids(until="9999-12-31")[:3] == ["i1", "i2", "i3"]


def test_sets_are_groups_with_their_tags_and_saved_searches(oai: Oai) -> None:
    answer = oai("ListSets")
    assert answer.texts("setSpec") == [
        "autres",
        "autres:tag-eau",
        "lectures",
        "lectures:search-s-lectures",
        "lectures:tag-!c3!a0!20boire!2fl!e2!80!99!c3!a9t!c3!a9",
        "lectures:tag-eau",
    ]
    assert "Lectures <communes> — suivi" in answer.texts("setName")


@pytest.mark.usefixtures("small_parts")
def test_sets_come_in_parts(oai: Oai) -> None:
    answer = oai("ListSets")
    specs = answer.texts("setSpec")
    while answer.token:
        answer = oai("ListSets", resumptionToken=answer.token)
        specs += answer.texts("setSpec")
    assert len(specs) == len(set(specs)) == 6


def test_each_set_gives_its_records(oai: Oai) -> None:
    expected = {
        "autres": ["riche"],
        "autres:tag-eau": ["riche"],
        "lectures": ALL[:5],
        "lectures:search-s-lectures": ["i2"],
        "lectures:tag-!c3!a0!20boire!2fl!e2!80!99!c3!a9t!c3!a9": ALL[:5],
        "lectures:tag-eau": ALL[:5],
        "lectures:tag-EAU": ALL[:5],
    }
    for spec, ids in expected.items():
        assert oai("ListRecords", **LIST, set=spec).ids == ids, spec
    specs = set(oai("ListSets").texts("setSpec"))
    for header in oai("ListIdentifiers", **LIST).headers.values():
        assert {set_spec.text for set_spec in header.iter("{*}setSpec")} <= specs


def test_a_set_of_a_tag_waits_for_the_index(client: TestClient, library: Library) -> None:
    with library.store.write() as writing:
        writing.items.update([replace(writing.items.any_of(["i1"])["i1"], tags=("autre",))])
    answer = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc&set=lectures:tag-eau")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    catch_up(library)
    answer = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc&set=lectures:tag-eau")
    assert checked_answer(answer.content).ids == ["i2", "i3", "i4", "i5"]


def test_a_set_of_a_common_tag_goes_on_without_the_index(
    oai: Oai, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.features.harvest.harvests.COMMON", 2)
    monkeypatch.setattr("kb.features.harvest.oai.PART", 2)
    first = oai("ListRecords", **LIST, set="lectures:tag-eau")
    assert first.token
    with library.store.write() as writing:
        # The index is not updated: the items that it finds are not those that have the tag.
        writing.items.update([replace(writing.items.any_of(["i3"])["i3"], tags=("autre",))])
    second = oai("ListRecords", resumptionToken=first.token)
    assert (first.ids, second.ids, second.token) == (["i1", "i2"], ["i4", "i5"], "")


def test_the_first_part_of_a_common_tag_does_not_ask_the_index_for_its_items(
    client: TestClient, oai: Oai, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.features.harvest.harvests.COMMON", 2)
    monkeypatch.setattr("kb.features.harvest.oai.PART", 2)
    with library.store.write() as writing:
        # The index does not have the item yet.
        writing.items.update([replace(writing.items.any_of(["i1"])["i1"], tags=("autre",))])
    first = oai("ListRecords", **LIST, set="lectures:tag-eau")
    second = oai("ListRecords", resumptionToken=first.token)
    assert (first.ids, second.ids) == (["i2", "i3"], ["i4", "i5"])
    # The size of the list is left out: it would need a count of all records.
    answer = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc&set=lectures:tag-eau").text
    assert "cursor=" in answer
    assert "completeListSize" not in answer


def test_a_removed_item_is_a_deleted_record_in_all_sets_of_its_group(oai: Oai, library: Library) -> None:
    with library.store.write() as writing:
        writing.items.remove(["i2"])
    catch_up(library)
    whole = oai("ListRecords", **LIST)
    assert whole.ids == ["i1", "i3", "i4", "i5", "riche", "i2"]
    assert whole.deleted == ["i2"]
    for spec in ("lectures", "lectures:tag-eau", "lectures:search-s-lectures"):
        assert oai("ListIdentifiers", **LIST, set=spec).deleted == ["i2"], spec
    assert oai("ListIdentifiers", **LIST, set="autres").deleted == []
    single = oai("GetRecord", identifier=identifier(oai, "i2"), metadataPrefix="oai_dc")
    assert single.deleted == ["i2"]
    assert single.root.find(".//{*}metadata") is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Rien", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListSets&lang=fr", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=hier", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01T00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01T00:00:00.5Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=0000-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01&until=2020-01-01T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-02&until=2020-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=abc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai%20dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=une%20eau", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=:", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=%00", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=%3Cb%3E", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=" + "a" * 9_000, "badArgument"),
        ("verb=ListRecords&metadataPrefix=mods", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=mods&identifier=x", "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:autre:i1", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=i1", "idDoesNotExist"),
        ("verb=ListRecords&resumptionToken=abc", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=W10=", "badResumptionToken"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=rien", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=lectures:tag-!zz", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=lectures:tag-!ff", "noRecordsMatch"),
    ],
)
def test_errors_have_the_code_of_the_protocol(client: TestClient, query: str, code: str) -> None:
    answer = checked_answer(client.get(f"/oai?{query}").content)
    assert answer.error == code
    repeated = answer.root.find("{*}request").attrib
    assert bool(repeated) == (code not in {"badVerb", "badArgument"})


@pytest.mark.usefixtures("small_parts")
def test_a_token_is_valid_for_its_verb_database_and_day(oai: Oai, monkeypatch: pytest.MonkeyPatch) -> None:
    token = oai("ListRecords", **LIST).token
    assert oai("ListIdentifiers", resumptionToken=token).error == "badResumptionToken"
    assert oai("ListSets", resumptionToken=token).error == "badResumptionToken"
    with monkeypatch.context() as patched:
        patched.setattr("kb.features.harvest.oai_arguments.TOKEN_HOURS", -1)
        assert oai("ListRecords", resumptionToken=token).error == "badResumptionToken"
    assert oai("ListRecords", resumptionToken=token).error is None


def test_a_part_ends_when_it_is_large(oai: Oai, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.features.harvest.oai._PART_BYTES", 1)
    assert oai("ListRecords", **LIST).ids == ["i1"]
    assert whole_list(oai, **LIST) == (ALL, [])


def test_a_body_that_is_no_form_or_too_large_is_refused(client: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/oai", content=b"verb=" + b"a" * 70_000, headers=form).status_code == 413
    assert client.post("/oai", content="verb=é".encode("latin-1"), headers=form).status_code == 400
    assert client.post("/oai", content=b"&".join([b"a=b"] * 9_000), headers=form).status_code == 400
    for content in (b"", b"{}", "verb=é".encode(), b"verb=%00&verb=%ff"[:8], b"a" * 60_000):
        assert checked_answer(client.post("/oai", content=content, headers=form).content).error == "badVerb"
