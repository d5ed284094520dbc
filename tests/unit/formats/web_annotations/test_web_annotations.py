"""Web Annotation in JSON-LD: our own export is read back, and other collections give pages with annotations."""

import io
import json
import re
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item
from kb.model.items.selectors import selectors_text
from kb.model.storable_text import one_line
from kb.model.web_pages.canonical_address import canonical_url, web_address
from tests.factories.exports import BARE, QUAIS, WHOLE, exported, odd_items
from tests.factories.import_export import exported_lines, import_data
from tests.factories.import_files import count_entries, drafts, read, warnings
from tests.factories.items import a_reply, an_annotation, an_item
from tests.factories.library import an_empty_library

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
CLAIRE, PAUL = AuthorDraft("claire", "Claire Aubert"), AuthorDraft("paul-roy", "Paul Roy")
RANGE = {"type": "RangeSelector", "startContainer": "/p[1]", "startOffset": 3, "endContainer": "/p[2]", "endOffset": 7}
POSITION = {"type": "TextPositionSelector", "start": 3, "end": 9}
OTHERS = [
    {
        "@context": CONTEXT,
        "id": "https://autre.example/1",
        "type": "Annotation",
        "motivation": ["commenting"],
        "creator": {"id": "https://autre.example/lise", "name": "Lise Été"},
        "created": "2014-11-07T09:12:00Z",
        "modified": "2014-11-08T09:12:00Z",
        "body": [
            {"type": "TextualBody", "value": "<p>À <b>relire</b></p>", "format": "text/html"},
            {"type": "TextualBody", "value": "vélo", "purpose": "tagging"},
        ],
        "target": [{
            "source": {"id": "https://exemple.fr/a"},
            "selector": [{"type": "TextQuoteSelector", "exact": "un passage", "prefix": "avant "}, POSITION],
        }],
    },
    {
        "id": "https://autre.example/2",
        "motivation": "replying",
        "bodyValue": "D’accord.",
        "target": "https://autre.example/1",
    },
    {"id": "urn:x", "motivation": "tagging", "body": {"value": "eau", "purpose": "tagging"}, "target": "https://exemple.fr/a"},
    {"id": "urn:y", "bodyValue": "Une autre page", "target": "https://exemple.fr/b"},
    {"id": "urn:z", "motivation": "replying", "bodyValue": "À rien", "target": "https://autre.example/99"},
    {"id": "urn:w", "bodyValue": "Piège", "target": "javascript:alert(1)"},
    7,
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 64, 1 << 16])
def test_our_own_export_comes_back_with_authors_dates_and_replies(size: int) -> None:
    whole, bare = drafts("annotations", exported("annotations", WHOLE, BARE), size)
    assert whole == ItemDraft(
        url=WHOLE.url,
        title=WHOLE.title,
        description=WHOLE.description,
        language="fr",
        author=CLAIRE,
        tags=WHOLE.tags,
        added="2014-11-08T22:30:00Z",
        updated="2014-12-01T08:00:00Z",
        annotations=(
            AnnotationDraft(
                AnnotationKind.HIGHLIGHT, "h1", CLAIRE, "2014-11-09T10:00:00Z", "Les archives\nservent à tous."
            ),
            AnnotationDraft(AnnotationKind.NOTE, "n1", PAUL, "2014-12-01T08:00:00Z", "À tous ?", "Vraiment à tous."),
            AnnotationDraft(
                AnnotationKind.COMMENT, "c1", body="À relire.", replies=(ReplyDraft("r1", PAUL, body="Relue."),)
            ),
        ),
    )
    assert (bare.title, bare.url, bare.annotations) == ("Sans rien", None, ())


def test_threads_selectors_and_tags_of_annotations_come_back() -> None:
    selectors = selectors_text([RANGE, POSITION])
    replies = [a_reply("Un", id="r1"), a_reply("Deux", id="r2", reply_to="r1", tags=("eau",))]
    item = an_item("x", id="i", group=QUAIS, url="https://exemple.fr/", annotations=[
        an_annotation("Un passage", id="a1", prefix="avant", suffix="après", selectors=selectors, tags=("vélo",),
                      replies=replies),
    ])  # fmt: skip
    (draft,) = drafts("annotations", exported("annotations", item))
    (annotation,) = draft.annotations
    assert (annotation.prefix, annotation.suffix, annotation.tags) == ("avant", "après", ("vélo",))
    assert json.loads(annotation.selectors or "") == [RANGE, POSITION]
    assert [(reply.id, reply.reply_to, reply.tags) for reply in annotation.replies] == [
        ("r1", None, None),
        ("r2", "r1", ("eau",)),
    ]


def test_the_export_again_changes_nothing_in_its_own_base(tmp_path: Path) -> None:
    library = an_empty_library()
    import_data(library, exported("jsonl", WHOLE))
    before = exported_lines(library)
    file = tmp_path / "annotations.jsonld"
    file.write_bytes(exported("annotations", WHOLE))
    assert [entry for entry in read_drafts_in_subprocess(file, "auto") if isinstance(entry, ItemDraft)] == drafts(
        "annotations", file.read_bytes()
    )
    report = import_data(library, file.read_bytes(), group_slug="quais")
    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert exported_lines(library) == before
    assert [warning.why[:40] for warning in report.not_carried] == ["Annotations of the W3C do not say which "]


@settings(max_examples=60)
@given(odd_items)
def test_any_item_is_read_back_from_our_web_annotations(item: Item) -> None:
    first, second = item.annotations
    assume((first.quote or "").strip() and (second.body or "").strip() and first.replies[0].body.strip())
    (draft,) = drafts("annotations", exported("annotations", item), 1 << 16)
    assert draft.title == (one_line(item.title or "") or None)
    # An IRI encodes a few characters that browsers do not: it is the address of the same page.
    address = web_address(item.url)
    assert draft.url == (address and re.sub(r'[ <>"{}|\\^`]', lambda match: quote(match[0]), address))
    assert canonical_url(draft.url) == canonical_url(address)
    assert draft.description == (item.description if (item.description or "").strip() else None)
    assert [(annotation.id, annotation.quote, annotation.body) for annotation in draft.annotations] == [
        ("a-1", first.quote, None), ("a-2", None, second.body)
    ]  # fmt: skip
    assert [reply.body for reply in draft.annotations[0].replies] == [first.replies[0].body]


@pytest.mark.parametrize("size", [1, 1 << 16])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_annotations_of_others_give_pages_with_their_words(is_wrapped: bool, size: int) -> None:
    whole = {"@context": [CONTEXT], "type": "AnnotationPage", "items": OTHERS} if is_wrapped else OTHERS
    data = json.dumps(whole, ensure_ascii=False).encode()
    first, second = drafts("annotations", data, size)
    assert (first.url, first.tags) == ("https://exemple.fr/a", ("eau",))
    assert first.annotations == (
        AnnotationDraft(
            AnnotationKind.NOTE,
            author=AuthorDraft(name="Lise Été"),
            added="2014-11-07T09:12:00Z",
            quote="un passage",
            body="À relire",
            prefix="avant ",
            replies=(ReplyDraft(body="D’accord."),),
            updated="2014-11-08T09:12:00Z",
            tags=("vélo",),
            selectors=selectors_text([POSITION]),
        ),
    )
    assert (second.url, [annotation.body for annotation in second.annotations]) == (
        "https://exemple.fr/b",
        ["Une autre page"],
    )
    assert warnings("annotations", data, size) == [
        "Record 7 is not an object.",
        "2 annotations are about no page and no text of this file: they were left out.",
    ]
    names: list[str] = []
    assert list(read_drafts(io.BytesIO(data), "auto", names.append))[: len(read("annotations", data))] == read(
        "annotations", data
    )
    assert names == ["annotations"]


def test_a_cut_or_mis_encoded_file_gives_what_can_be_read_and_says_so() -> None:
    data = exported("annotations", WHOLE)
    (draft,) = drafts("annotations", data[: data.index(b"#a-c1")])
    assert len(draft.annotations) == 2
    assert "the rest is missing" in warnings("annotations", data[: data.index(b"#a-c1")])[0]
    latin = data.decode().encode("cp1252", "replace")
    assert len(drafts("annotations", latin)[0].annotations) == 3
    assert warnings("annotations", latin)[0].startswith("This file is not in UTF-8")


def test_a_file_of_a_single_annotation_is_refused_with_a_hint() -> None:
    with pytest.raises(Invalid, match="JSON list"):
        list(read_drafts(io.BytesIO(json.dumps({"@context": CONTEXT, "type": "Annotation"}).encode())))


@pytest.mark.parametrize(
    "value", ["[[[]]]", '{"a": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null", "[7, {}]", '""']
)
@pytest.mark.parametrize("name", ["id", "motivation", "creator", "created", "body", "bodyValue", "target"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    annotation = f'{{"id": "https://a.fr/1", "bodyValue": "x", "target": "https://a.fr/", "{name}": {value}}}'
    data = f'{{"@context": "{CONTEXT}", "items": [{annotation}, {annotation}]}}'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("annotations", data, 1 << 16))


def test_a_large_file_is_read_in_bounded_memory_also_if_it_is_of_one_page() -> None:
    for many in (True, False):
        head = f'{{"@context": "{CONTEXT}", "items": [{{}}'.encode()
        rows = (
            b', {"id": "urn:%d", "bodyValue": "%s", "target": "https://exemple.fr/%d"}' % (n, b"x" * 2_000, n * many)
            for n in range(12_000)
        )
        tracemalloc.start()
        count = count_entries("annotations", (head if n == 0 else row for n, row in enumerate(rows)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count > (11_000 if many else 1)
        assert peak < (4 if many else 40) << 20
