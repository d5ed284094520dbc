"""Items as Markdown, read by another parser: users' texts remain text."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest
import yaml
from hypothesis import given
from markdown_it import MarkdownIt

from kb.formats.markdown.writer import LONGEST_FILE_NAME
from tests.factories.exports import BARE, QUAIS, WHOLE, exported, odd_items
from tests.factories.items import a_group, an_item


def tokens_of(text: str):
    return MarkdownIt("commonmark").parse(text)


def notes_of(data: bytes) -> dict[str, tuple[dict, str]]:
    """Path, front matter and body of each note."""
    notes = {}
    with ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            _, matter, body = archive.read(name).decode().split("---\n", 2)
            notes[name] = (yaml.safe_load(matter), body)
    return notes


def test_markdown_has_a_section_for_each_item():
    text = exported("markdown", WHOLE, BARE).decode()
    headings = [
        (token.tag, after.content)
        for token, after in zip(tokens_of(text), tokens_of(text)[1:], strict=False)
        if token.type == "heading_open"
    ]
    assert [tag for tag, _ in headings] == ["h1", "h2", "h2"]
    page = MarkdownIt("commonmark").render(text)
    assert '<h2><a href="https://www.exemple.fr/archive?a=1&amp;b=2">L’archive et le &lt;réseau&gt;</a></h2>' in page
    assert "<blockquote>\n<p>Les archives<br />\nservent à tous.</p>\n</blockquote>" in page


@given(odd_items)
def test_any_text_is_text_in_markdown(item):
    for text in (
        exported("markdown", item).decode(),
        next(iter(notes_of(exported("markdown-folder", item)).values()))[1],
    ):
        tokens = tokens_of(text)
        known_types = {
            "heading_open",
            "heading_close",
            "inline",
            "paragraph_open",
            "paragraph_close",
            "blockquote_open",
        }
        assert {token.type for token in tokens} <= known_types | {"blockquote_close"}
        inline = [child for token in tokens for child in token.children or ()]
        spans = ("link_open", "link_close", "em_open", "em_close", "strong_open", "strong_close")
        assert {token.type for token in inline} <= {"text", "text_special", "hardbreak", "softbreak", *spans}
        links = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
        assert all(link.startswith(("http://", "https://")) for link in links)


def test_a_folder_has_a_note_for_each_item_with_its_fields():
    notes = notes_of(exported("markdown-folder", WHOLE, BARE))
    assert list(notes) == ["Quais & rives/L’archive et le réseau.md", "Quais & rives/Sans rien.md"]
    matter, body = notes["Quais & rives/L’archive et le réseau.md"]
    assert matter == {
        "title": "L’archive et le <réseau>",
        "url": "https://www.exemple.fr/archive?a=1&b=2",
        "author": "Jeanne Roux et Paul Blanc",
        "source": "La Gazette",
        "published": "2014-11-07",
        "added": "2014-11-08T23:30:00+01:00",
        "language": "fr",
        "shared_by": "Claire Aubert",
        "group": "Quais & rives",
        "permalink": "https://lire.exemple.fr/items/archive",
        "tags": ["agents", "santé/social", "données-ouvertes"],
        "keywords": ["agents", "santé/social", "données ouvertes"],
    }
    assert "> Les archives\\\n> servent à tous." in body


@given(odd_items)
def test_any_text_comes_back_from_the_front_matter(item):
    ((name, (matter, _)),) = notes_of(exported("markdown-folder", item)).items()
    assert matter["title"] == item.title
    assert matter.get("source", "") == (item.source or "")
    assert matter.get("keywords", []) == list(item.tags)
    assert not re.search(r'[\x00-\x1f\\:*?"<>|#^\[\]]', name)
    assert name.count("/") == 1
    assert not re.search(r"(?:^|/)[. ]|[. ]\.md$|[. ]/", name)
    assert len(name.encode()) < 2 * LONGEST_FILE_NAME + 100


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("CON", "CON_"),
        ("aux.txt", "aux.txt_"),
        ("a" * 500, "a" * LONGEST_FILE_NAME),
        ("É" * 200, "É" * 60),
        ("???", "i-1"),
        ("Fin.", "Fin"),
        ("a\u202egpj.md", "a gpj.md"),
    ],
)
def test_a_file_name_is_safe_everywhere(title, name):
    (path,) = notes_of(exported("markdown-folder", an_item(title, id="i-1", group=QUAIS)))
    assert path == f"Quais & rives/{name}.md"


def test_no_two_notes_have_one_name():
    titles = ["Même titre", "même TITRE", "Me\u0302me titre", "Même titre"]
    items = [
        an_item(title, id=item_id, group=QUAIS) for title, item_id in zip(titles, ("a", "b", "c", "C"), strict=True)
    ]
    names = list(notes_of(exported("markdown-folder", *items)))
    assert len({name.casefold() for name in names}) == 4


def test_a_group_cannot_leave_the_folder():
    (path,) = notes_of(exported("markdown-folder", BARE, group=a_group("x", "../..")))
    assert path == "-/Sans rien.md"
