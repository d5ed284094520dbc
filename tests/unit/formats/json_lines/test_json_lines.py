"""JSON Lines: exports are read back equal; an invalid line is reported and the others are imported."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.formats.json_lines.reader import read_json_lines
from kb.formats.json_lines.writer import json_line_of
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, GroupDraft, ItemDraft, RecordWarning, ReplyDraft
from kb.model.items.selectors import selectors_text
from kb.model.people.group import Visibility
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.support.cpu_time import cpu_seconds_at_most

WHOLE: dict[str, Any] = {
    "id": "eau-1",
    "group": {"slug": "quais", "name": "Quais & rives", "description": "Au bord de l'eau", "visible": "members"},
    "url": "https://exemple.org/eau",
    "title": "L'eau\xa0: « un bien commun »",
    "description": "Été comme hiver…",
    "author": {"login": "claire", "name": "Claire"},
    "byline": "La rédaction",
    "tags": ["eau", "données ouvertes"],
    "added": "2014-11-07T09:12:00Z",
    "updated": "2014-11-08",
    "published": "2014-11",
    "source": "Les Rives",
    "language": "fr",
    "views": 3,
    "annotations": [
        {
            "id": "a1",
            "kind": "note",
            "author": {"login": "marius", "name": "Marius"},
            "added": "2014-11-07T09:13:00.5+01:00",
            "quote": "un bien",
            "body": "À relire",
            "prefix": "c'est ",
            "suffix": " commun",
            "color": "yellow",
            "replies": [{"id": "r1", "author": None, "added": None, "body": "Relu."}],
        }
    ],
}


A_TIME = "should be a time as 2014-11-07T09:12:00Z, or a date."
A_KIND = "should be one of highlight, note, comment."
A_VISIBILITY = "should be one of everyone, signed-in, members."


def entries_of(*records: Any) -> list[ItemDraft | RecordWarning]:
    lines = [
        record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode() for record in records
    ]
    return list(read_json_lines([b"\n".join(lines)]))


def only_draft(*records: Any) -> ItemDraft:
    (draft,) = entries_of(*records)
    assert isinstance(draft, ItemDraft)
    return draft


def test_a_whole_record_is_read_unchanged() -> None:
    assert only_draft(WHOLE) == ItemDraft(
        id="eau-1",
        group=GroupDraft("quais", "Quais & rives", "Au bord de l'eau", Visibility.MEMBERS),
        url="https://exemple.org/eau",
        title="L'eau\xa0: « un bien commun »",
        description="Été comme hiver…",
        author=AuthorDraft("claire", "Claire"),
        byline="La rédaction",
        tags=("eau", "données ouvertes"),
        added="2014-11-07T09:12:00Z",
        updated="2014-11-08",
        published="2014-11",
        source="Les Rives",
        language="fr",
        views=3,
        annotations=(
            AnnotationDraft(
                kind=AnnotationKind.NOTE,
                id="a1",
                author=AuthorDraft("marius", "Marius"),
                added="2014-11-07T09:13:00.5+01:00",
                quote="un bien",
                body="À relire",
                prefix="c'est ",
                suffix=" commun",
                color="yellow",
                replies=(ReplyDraft(id="r1", body="Relu."),),
            ),
        ),
        line=1,
    )


def test_all_but_a_title_may_be_missing_or_null() -> None:
    nothing = dict.fromkeys(WHOLE) | {"title": "L'eau"}
    assert only_draft({"title": "L'eau"}) == only_draft(nothing) == ItemDraft(title="L'eau", line=1)


def test_a_group_and_an_author_may_be_texts() -> None:
    draft = only_draft({"title": "L'eau", "group": "quais", "author": "Documentation CD63"})
    assert draft.group == GroupDraft(slug="quais")
    assert draft.author == AuthorDraft(name="Documentation CD63")


@pytest.mark.parametrize("author", ["", "  ", None, {}, {"login": None, "name": ""}])
def test_an_author_without_a_name_is_none(author: object) -> None:
    assert only_draft({"title": "L'eau", "author": author}).author is None


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ({"quote": "un bien"}, AnnotationKind.HIGHLIGHT),
        ({"quote": "un bien", "body": "À relire"}, AnnotationKind.NOTE),
        ({"body": "À relire"}, AnnotationKind.COMMENT),
    ],
)
def test_an_annotation_without_a_kind_has_the_one_that_its_texts_make(
    annotation: dict[str, str], kind: AnnotationKind
) -> None:
    assert only_draft({"title": "L'eau", "annotations": [annotation]}).annotations[0].kind is kind


def test_every_key_is_written_always_in_the_same_order() -> None:
    bare = json.loads(json_line_of(an_item(id="i1", title="L'eau"), a_group("quais")))
    assert list(bare) == list(WHOLE)
    assert (bare["url"], bare["tags"], bare["views"], bare["annotations"]) == (None, [], 0, [])
    full = json.loads(json_line_of(an_item(annotations=[an_annotation(replies=[a_reply()])]), a_group()))
    assert list(full["annotations"][0]) == list(WHOLE["annotations"][0])
    assert list(full["annotations"][0]["replies"][0]) == list(WHOLE["annotations"][0]["replies"][0])
    assert list(full["group"]) == list(WHOLE["group"])


def test_a_reply_to_a_reply_names_it_and_comes_back() -> None:
    replies = [a_reply("Oui", id="r1"), a_reply("Non", id="r2", reply_to="r1")]
    record = json.loads(json_line_of(an_item(annotations=[an_annotation(replies=replies)]), a_group()))
    assert [reply.get("reply_to", "absent") for reply in record["annotations"][0]["replies"]] == ["absent", "r1"]
    assert [reply.reply_to for reply in only_draft(record).annotations[0].replies] == [None, "r1"]


def test_the_place_the_change_and_the_tags_of_a_text_come_back() -> None:
    place = [{"type": "TextPositionSelector", "start": 3, "end": 9}, {"type": "PageSelector", "label": "É"}]
    facts = {"updated": "2024-05-01T09:00:00.5Z", "tags": ("eau", "Été")}
    replies = [a_reply("Oui", **facts), a_reply("Non", tags=())]
    annotation = an_annotation(replies=replies, selectors=selectors_text(place), **facts)
    record = json.loads(json_line_of(an_item(annotations=[annotation, an_annotation()]), a_group()))
    written, bare = record["annotations"]
    assert (written["selectors"], written["tags"], written["updated"]) == (place, ["eau", "Été"], facts["updated"])
    assert not {"selectors", "tags", "updated"} & (bare.keys() | written["replies"][1].keys() - {"tags"})
    draft, other = only_draft(record).annotations
    assert (draft.selectors, draft.tags, draft.updated) == (annotation.selectors, facts["tags"], facts["updated"])
    assert [(reply.tags, reply.updated) for reply in draft.replies] == [(facts["tags"], facts["updated"]), ((), None)]
    assert (other.selectors, other.tags, other.updated) == (None, None, None)


@pytest.mark.parametrize("place", ['"x"', "[1]", '[{"start": 1}]', '[{"type": "A", "v": [[[[[]]]]]}]', "{}"])
def test_a_place_that_is_none_is_refused_by_name(place: str) -> None:
    line = f'{{"title": "x", "annotations": [{{"quote": "q", "selectors": {place}}}]}}'.encode()
    (warning,) = read_json_lines([line])
    assert isinstance(warning, RecordWarning)
    assert "annotations[0].selectors" in warning.why


def test_lines_are_utf_8_and_end_with_a_line_feed() -> None:
    rows = [(an_item(title="Œuvre\u2028d'été\n", author=a_user("claire")), a_group())] * 2
    written = "".join(json_line_of(item, group) for item, group in rows).encode()
    assert written.count(b"\n") == 2
    assert written.endswith(b"\n")
    assert "Œuvre\u2028d'été\\n".encode() in written


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{", "This line is not JSON (at character 2)."),
        (b'{"title": "L\'eau"} {}', "This line is not JSON (at character 20)."),
        (b'{"title": "L\x00eau"}', "This line is not JSON (at character 13)."),
        (b"\x00\x00\x00", "This line is not JSON (at character 1)."),
        (b"<html>", "This line is not JSON (at character 1)."),
        (b'{"title": "L\'\xe9t\xe9"}', "This line is not UTF-8."),
        (b"\xed\xa0\x80", "This line is not UTF-8."),
        (b"[" * 100_000, "This line is nested too deeply."),
        (b'{"a":' * 100_000, "This line is nested too deeply."),
        (b'{"views": ' + b"9" * 10_000 + b"}", "This line holds a number that is too long."),
        (b'{"title": "A", "title": "B"}', "The field “title” is there twice."),
        (b'{"title": "A", "author": {"name": "B", "name": "C"}}', "The field “name” is there twice."),
        (b'{"title": "A", "views": NaN}', "NaN is not JSON."),
        (b'{"title": "A", "views": -Infinity}', "-Infinity is not JSON."),
        (b'{"title": "\\ud800"}', "A text holds a NUL character, or half of a character."),
        (b'{"title": "A", "tags": ["\\udfff"]}', "A text holds a NUL character, or half of a character."),
        (b'{"title": "L\\u0000eau"}', "A text holds a NUL character, or half of a character."),
        (b'{"title": "A", "\\u0000": 1}', "A text holds a NUL character, or half of a character."),
        ([], "“the record” should be an object."),
        ("L'eau", "“the record” should be an object."),
        (None, "“the record” should be an object."),
        ({"title": 7}, "“title” should be a text."),
        ({"title": ["L'eau"]}, "“title” should be a text."),
        ({"url": {}}, "“url” should be a text."),
        ({"title": "A", "id": 7}, "“id” should be a text."),
        ({"title": "A", "tags": "eau"}, "“tags” should be a list of texts."),
        ({"title": "A", "tags": ["eau", 7]}, "“tags” should be a list of texts."),
        ({"title": "A", "views": "3"}, "“views” should be a whole number, 0 or more."),
        ({"title": "A", "views": -1}, "“views” should be a whole number, 0 or more."),
        ({"title": "A", "views": 1.5}, "“views” should be a whole number, 0 or more."),
        ({"title": "A", "views": True}, "“views” should be a whole number, 0 or more."),
        ({"title": "A", "views": 10**30}, "“views” should be a whole number, 0 or more."),
        ({"title": "A", "published": "hier"}, "“published” should be a date as 2014, 2014-11 or 2014-11-07."),
        ({"title": "A", "published": "2014-02-31"}, "“published” should be a date as 2014, 2014-11 or 2014-11-07."),
        ({"title": "A", "published": 2014}, "“published” should be a text."),
        ({"title": "A", "added": "hier"}, f"“added” {A_TIME}"),
        ({"title": "A", "added": "2014-13-01"}, f"“added” {A_TIME}"),
        ({"title": "A", "updated": "0001-01-01T00:00:00+23:59"}, f"“updated” {A_TIME}"),
        ({"title": "A", "language": "français de France"}, "“language” should be a language tag, as fr or en."),
        ({"title": "A", "group": 7}, "“group” should be an object."),
        ({"title": "A", "group": {"slug": "q", "visible": "all"}}, f"“group.visible” {A_VISIBILITY}"),
        ({"title": "A", "author": ["Claire"]}, "“author” should be an object."),
        ({"title": "A", "author": {"login": 7}}, "“author.login” should be a text."),
        ({"title": "A", "annotations": {}}, "“annotations” should be a list."),
        ({"title": "A", "annotations": ["x"]}, "“annotations[0]” should be an object."),
        ({"title": "A", "annotations": [{"kind": "like"}]}, f"“annotations[0].kind” {A_KIND}"),
        ({"title": "A", "annotations": [{"replies": [{"added": "x"}]}]}, f"“annotations[0].replies[0].added” {A_TIME}"),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_an_invalid_record_is_reported_and_the_others_are_read(record: object, reason: str) -> None:
    first, bad, last = entries_of({"title": "Avant"}, record, {"title": "Après"})
    assert isinstance(first, ItemDraft)
    assert isinstance(bad, RecordWarning)
    assert (bad.why, bad.line, bad.skipped) == (reason, 2, True)
    assert bad.message % bad.values == reason if bad.values else bad.message == reason
    assert isinstance(last, ItemDraft)
    assert last.line == 3


def test_unknown_fields_are_reported_and_the_record_is_read() -> None:
    draft, warning = entries_of({"title": "L'eau", "likes": 3, "annotations": [{"body": "b", "mood": "gai"}]})
    assert isinstance(draft, ItemDraft)
    assert isinstance(warning, RecordWarning)
    assert (warning.why, warning.line, warning.skipped) == (
        "Unknown fields were left out: likes, annotations[0].mood.",
        1,
        False,
    )


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert only_draft(b'{"title": "\\\\u0000"}').title == "\\u0000"


def test_blank_lines_and_a_byte_order_mark_are_nothing() -> None:
    drafts = list(read_json_lines([b"\xef\xbb\xbf\n", b'  \r\n{"title": "L\'eau"}\r\n\n', b"\t\n"]))
    assert drafts == [ItemDraft(title="L'eau", line=3)]


def test_a_line_may_come_in_pieces() -> None:
    whole = b'{"title": "L\'eau"}\n{"title": "Le sel"}'
    drafts = list(read_json_lines(whole[place : place + 1] for place in range(len(whole))))
    assert [draft.title for draft in drafts if isinstance(draft, ItemDraft)] == ["L'eau", "Le sel"]


def test_a_line_that_is_too_long_is_reported_and_not_stored_in_memory() -> None:
    def chunks() -> Any:
        yield b'{"title": "'
        for _ in range(300):
            yield b"x" * 65_536
        yield b'"}\n{"title": "Apr\xc3\xa8s"}\n'

    long, last = read_json_lines(chunks())
    assert isinstance(long, RecordWarning)
    assert (long.line, long.why, long.skipped) == (1, "This line is longer than 16 MB.", True)
    assert isinstance(last, ItemDraft)
    assert last.title == "Après"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*WHOLE, "quote", "x"]), inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()), max_size=5))
def test_nothing_that_a_file_holds_makes_the_reader_fall(lines: list[bytes]) -> None:
    for entry in read_json_lines([b"\n".join(lines)]):
        assert isinstance(entry, ItemDraft | RecordWarning)


def test_a_field_that_is_twice_at_the_end_of_many_is_found_at_once() -> None:
    names = [*(f"n{number}" for number in range(50_000)), "fin", "fin"]
    line = f"{{{', '.join(f'{json.dumps(name)}: 1' for name in names)}}}".encode()
    with cpu_seconds_at_most(2):
        (refused,) = read_json_lines([line])
        assert isinstance(refused, RecordWarning)
        assert refused.why == "The field “fin” is there twice."
