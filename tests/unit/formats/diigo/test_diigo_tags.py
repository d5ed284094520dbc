"""Tags in files of Diigo: between commas, or in the syntax of older files."""

import json

import pytest

from kb.formats.diigo.tags import diigo_tags, has_tags_by_spaces
from tests.factories.import_files import drafts

OLDER = ['agents "service public"', "eau quai", '"données, ouvertes"', "no_tag"]
OLDER_TAGS = [("agents", "service public"), ("eau", "quai"), ("données, ouvertes",), None]
NEWER = ["agents,service public", "service public", "eau quai, port", "no_tag"]
NEWER_TAGS = [("agents", "service public"), ("service public",), ("eau quai", "port"), None]


@pytest.mark.parametrize(("lists", "expected"), [(OLDER, OLDER_TAGS), (NEWER, NEWER_TAGS)], ids=["older", "newer"])
def test_each_form_of_a_csv_or_an_answer_gives_its_tags(
    lists: list[str], expected: list[tuple[str, ...] | None]
) -> None:
    cells = [text.replace('"', '""') for text in lists]
    rows = [f'x,https://exemple.fr/{place},"{cell}",,,,\n' for place, cell in enumerate(cells)]
    csv = "title,url,tags,description,comments,annotations,created_at\n" + "".join(rows)
    assert [draft.tags for draft in drafts("diigo-csv", csv.encode())] == expected
    records = [
        {"title": "x", "url": f"https://exemple.fr/{place}", "desc": "", "tags": text}
        for place, text in enumerate(lists)
    ]
    assert [draft.tags for draft in drafts("diigo-json", json.dumps(records).encode())] == expected


def test_each_form_of_the_links_of_a_page_or_a_feed_gives_its_tags() -> None:
    links = '<a href="/t/1">agents</a> <a href="/t/2">"service public"</a> <a href="/t/3">eau vive</a>'
    expected = ("agents", "service public", "eau vive")
    page = (
        '<!DOCTYPE html><div id="item_1"><a id="title_link_1" href="https://exemple.fr/">x</a>'
        f'<div id="tags_1">{links}</div></div>'
    )
    assert [draft.tags for draft in drafts("diigo-html", page.encode())] == [expected]
    summary = f"<p>Un texte.</p><p>Tags: {links}</p>".replace("<", "&lt;").replace(">", "&gt;")
    feed = (
        "<rss><channel><link>https://groups.diigo.com/group/quais</link><item><title>x</title>"
        f"<link>https://exemple.fr/</link><description>{summary}</description></item></channel></rss>"
    )
    assert [draft.tags for draft in drafts("diigo-rss", feed.encode())] == [expected]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('cinq " pouces', ('cinq " pouces',)),
        ('le"service public"', ('le"service public"',)),
        ('"service public", eau', ('"service public"', "eau")),
        ("service public", ("service public",)),
        ('"service public"', ("service public",)),
    ],
)
def test_a_list_that_is_not_of_the_older_form_is_read_by_its_commas(text: str, tags: tuple[str, ...]) -> None:
    assert diigo_tags(text, by_spaces=False) == tags


def test_words_alone_make_a_file_an_older_one_only_if_there_are_many() -> None:
    assert not has_tags_by_spaces(["eau quai"] * 9)
    assert has_tags_by_spaces(["eau quai"] * 10)
    assert not has_tags_by_spaces([*["eau quai"] * 10, "eau, quai"])
