"""Annotations of Hypothesis, in the form of its API."""

import io
import json

import pytest

from kb.formats.hypothesis import reader as hypothesis
from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, PrivateRecords
from tests.factories.import_export import exported_lines, import_data, items_in
from tests.factories.import_files import drafts, read, warnings, without_format_warnings
from tests.factories.library import an_empty_library


def a_row(**values: object) -> dict[str, object]:
    return {
        "id": "Ab_9-x",
        "created": "2014-11-07T09:12:00.123456+00:00",
        "user": "acct:lise@hypothes.is",
        "uri": "https://exemple.fr/a",
        "text": "",
        "tags": ["vélo"],
        "document": {"title": ["Les agents  racontent"]},
        "target": [],
        "permissions": {"read": ["group:__world__"]},
        **values,
    }


SELECTOR = {"type": "TextQuoteSelector", "exact": "des [agents] ", "prefix": "avant ", "suffix": " après"}
ROWS = [
    a_row(
        target=[{"selector": [{"type": "RangeSelector", "startContainer": "/p[1]", "startOffset": 3}, SELECTOR]}],
        user_info={"display_name": "Lise Été"},
    ),
    a_row(text="Toute la page", permissions={"read": ["acct:lise@hypothes.is"]}, id="pas un id"),
    a_row(tags=[]),
]
DATA = json.dumps({"total": 3, "rows": ROWS}, ensure_ascii=False).encode()


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_annotations_give_passages_with_their_context_authors_and_dates(size: int) -> None:
    first, second = drafts("hypothesis", DATA, size)
    author, added = AuthorDraft("lise", "Lise Été"), "2014-11-07T09:12:00.123456Z"
    quoted = AnnotationDraft(
        AnnotationKind.HIGHLIGHT,
        id="Ab_9-x",
        author=author,
        added=added,
        quote="des [agents] ",
        prefix="avant ",
        suffix=" après",
        tags=("vélo",),
        selectors='[{"type":"RangeSelector","startContainer":"/p[1]","startOffset":3}]',
    )
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title="Les agents racontent",
        author=author,
        tags=("vélo",),
        added=added,
        annotations=(quoted,),
    )
    comment = AnnotationDraft(
        AnnotationKind.COMMENT,
        author=AuthorDraft("lise", "lise"),
        added=added,
        body="Toute la page",
        tags=("vélo",),
    )
    assert second.annotations == (comment,)
    assert (first.private, second.private) == (False, True)
    assert warnings("hypothesis", DATA) == ["This annotation has no page, or no text."]


def a_thread() -> list[dict[str, object]]:
    """Two annotations and their replies, each with its own date; one reply is private, one has no annotation."""
    rows = [
        a_row(id="racine", target=[{"selector": [SELECTOR]}], text="Une note", created="2014-11-07T09:00:00Z"),
        a_row(
            id="r1", text="Oui", references=["racine"], user="acct:paul@h", created="2014-11-07T10:00:00Z", tags=["b"]
        ),
        a_row(id="r2", text="Non", references=["racine", "r1"], created="2014-11-07T11:00:00Z"),
        a_row(
            id="r3",
            text="Secret",
            references=["racine"],
            created="2014-11-07T12:00:00Z",
            permissions={"read": ["acct:lise@hypothes.is"]},
        ),
        a_row(id="r4", text="Orpheline", references=["ailleurs"], created="2014-11-07T13:00:00Z"),
        a_row(id="autre", text="Toute la page", created="2014-11-07T14:00:00Z"),
        a_row(id="r5", text="D’accord", references=["autre"], created="2014-11-07T15:00:00Z"),
    ]
    return [row | {"uri": "https://exemple.fr/fil"} for row in rows]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0], [1, 0, 2, 6, 4, 5, 3]])
def test_replies_find_their_annotation_wherever_they_stand(order: list[int]) -> None:
    rows = a_thread()
    data = json.dumps([rows[place] for place in order]).encode()
    library = an_empty_library()
    for _ in range(2):
        import_data(library, data, group_slug="quais", private=PrivateRecords.SKIP)
    (item,) = items_in(library)
    threads = {
        part.id: (part.kind, part.quote, part.body, [(reply.id, reply.body, reply.reply_to) for reply in part.replies])
        for part in item.annotations
    }
    assert threads == {
        "racine": (AnnotationKind.NOTE, "des [agents] ", "Une note", [("r1", "Oui", None), ("r2", "Non", "r1")]),
        "autre": (AnnotationKind.COMMENT, None, "Toute la page", [("r5", "D’accord", None)]),
        "r4": (AnnotationKind.COMMENT, None, "Orpheline", []),
    }
    reply = next(annotation for annotation in item.annotations if annotation.id == "racine").replies[0]
    assert (reply.added, reply.author and reply.author.login) == ("2014-11-07T10:00:00Z", "paul")
    assert set(item.tags) == {"vélo", "b"}


def test_every_fact_of_an_export_survives_a_round_trip() -> None:
    first, second = an_empty_library(), an_empty_library()
    import_data(first, json.dumps([*a_thread(), ROWS[0] | {"user": "acct:elise@h"}]).encode(), group_slug="quais")
    out = exported_lines(first)
    import_data(second, out)
    assert exported_lines(second) == out
    assert '"body": "Non", "reply_to": "r1"' in out.decode()
    for fact in ("racine", "des [agents] ", "avant ", " après", "Une note", "r2", "Lise Été", "paul", "vélo"):
        assert json.dumps(fact, ensure_ascii=False)[1:-1] in out.decode()


def test_a_file_with_too_many_replies_keeps_them_as_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypothesis, "_MOST_KEPT", 1_200)
    data = json.dumps(a_thread()).encode()
    assert "replies became comments" in warnings("hypothesis", data)[-1]
    bodies = [annotation.body for draft in drafts("hypothesis", data) for annotation in (*draft.annotations,)]
    assert "Non" in bodies


@pytest.mark.parametrize("data", [DATA, json.dumps(ROWS).encode()])
def test_the_format_is_recognized_by_the_content(data: bytes) -> None:
    assert list(without_format_warnings(read_drafts(io.BytesIO(data)))) == read("hypothesis", DATA)


def test_a_cut_or_mis_encoded_file_gives_what_can_be_read_and_says_so() -> None:
    assert len(drafts("hypothesis", DATA[: DATA.index(b"Toute")])) == 1
    data = DATA.decode().encode("cp1252")
    assert drafts("hypothesis", data) == drafts("hypothesis", DATA)
    assert warnings("hypothesis", data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize("value", ["[[[]]]", '{"title": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null"])
@pytest.mark.parametrize("name", ["uri", "target", "document", "permissions", "user", "text", "tags"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    row = json.dumps(a_row(text="x"))
    data = f'[{row[:-1]}, "{name}": {value}}}]'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("hypothesis", data, 1 << 16))


def test_a_reply_answers_the_nearest_reply_above_that_there_is() -> None:
    rows = [
        a_row(id="racine", text="Une note"),
        a_row(id="r1", text="Oui", references=["racine"]),
        a_row(id="r3", text="Non", references=["racine", "r1", "effacée"]),
        a_row(id="r4", text="Peut-être", references=["racine", "ailleurs"]),
    ]
    library = an_empty_library()
    import_data(library, json.dumps(rows).encode(), group_slug="quais")
    (annotation,) = items_in(library)[0].annotations
    assert {reply.id: reply.reply_to for reply in annotation.replies} == {"r1": None, "r3": "r1", "r4": None}


def test_a_thread_that_arrives_in_two_files_is_one() -> None:
    library = an_empty_library()
    root, reply = a_row(id="racine", text="Une note"), a_row(id="r1", text="Oui", references=["racine"])
    import_data(library, json.dumps([root, reply]).encode(), group_slug="quais")
    again = json.dumps([root, a_row(id="r2", text="Non", references=["racine", "r1"])]).encode()
    for _ in range(2):
        import_data(library, again, group_slug="quais")
    (annotation,) = items_in(library)[0].annotations
    assert [(reply.id, reply.reply_to) for reply in annotation.replies] == [("r1", None), ("r2", "r1")]


def test_replies_that_stand_beside_the_rows_are_read_too() -> None:
    rows, replies = a_thread()[:1], a_thread()[1:3]
    whole = json.dumps({"total": 1, "rows": rows, "replies": replies}).encode()
    for size in (1, 7, 1 << 16):
        assert [reply for draft in drafts("hypothesis", whole, size) for reply in draft.annotations[0].replies] == [
            reply for draft in drafts("hypothesis", json.dumps([*rows, *replies]).encode(), size)
            for reply in draft.annotations[0].replies
        ] != []  # fmt: skip
    assert "ends within record 2" in warnings("hypothesis", whole[: whole.index(b'"Oui"')])[-1]


def test_annotations_that_moderators_hid_are_skipped_and_reported() -> None:
    data = json.dumps([a_row(text="Caché", hidden=True), a_row(text="Visible", hidden=False)]).encode()
    assert [draft.annotations[0].body for draft in drafts("hypothesis", data)] == ["Visible"]
    assert warnings("hypothesis", data) == ["Moderators of Hypothesis hid this annotation."]


def test_the_report_says_what_is_left_out() -> None:
    report = import_data(an_empty_library(), DATA, group_slug="quais")
    (left_out,) = (warning.why for warning in report.not_carried)
    assert "because this site has its own: their groups" in left_out


def test_the_report_names_fields_that_it_does_not_know_and_places_that_are_too_long() -> None:
    long = {"type": "RangeSelector", "startContainer": "/p" * 6_000}
    data = json.dumps([a_row(text="Oui", target=[{"selector": [long, SELECTOR]}], mentions=[], actions=[])]).encode()
    assert warnings("hypothesis", data) == [
        "The place of this passage in its page was left out: it is too long.",
        "These fields were left out: actions, mentions.",
    ]
    (annotation,) = drafts("hypothesis", data)[0].annotations
    assert (annotation.quote, annotation.selectors) == ("des [agents] ", None)


def test_an_annotation_without_words_gives_its_page_its_tags() -> None:
    data = json.dumps([a_row(tags=["eau", "crue"]), a_row(tags=["a"], references=["racine"])]).encode()
    (draft,) = drafts("hypothesis", data)
    assert (draft.tags, draft.annotations) == (("eau", "crue"), ())
    assert warnings("hypothesis", data) == [
        "This annotation has no text: its page has its tags.", "This annotation has no page, or no text."
    ]  # fmt: skip
