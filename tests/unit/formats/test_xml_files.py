"""Hostile and large XML files, in each format of XML, and large exports of wallabag."""

import io
import tracemalloc

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import RecordWarning
from tests.factories.import_files import count_entries, drafts, warnings
from tests.support.cpu_time import cpu_seconds_at_most

BOMB = "<!DOCTYPE r [" + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)) + "]>"

EXTERNAL = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

INSIDE = {
    "feed": "<rss><channel><item><title>{}</title><link>https://exemple.fr/x</link></item></channel></rss>",
    "opml": '<opml><body><outline text="x" url="https://exemple.fr/x"/>{}</body></opml>',
    "zotero-rdf": '<rdf:RDF xmlns:rdf="r" xmlns:z="http://www.zotero.org/namespaces/export#">{}</rdf:RDF>',
}


@pytest.mark.parametrize("form", INSIDE)
@pytest.mark.parametrize("start", [BOMB, EXTERNAL])
def test_entities_are_refused(form: str, start: str) -> None:
    data = (start + INSIDE[form].format("&e9;&x;")).encode()
    assert drafts(form, data) == []
    assert warnings(form, data) == ["This file declares entities of its own, which are refused."]
    # The content gives the format in spite of the entities: the error message is the one about entities.
    reasons = [entry.why for entry in read_drafts(io.BytesIO(data)) if isinstance(entry, RecordWarning)]
    assert reasons == warnings(form, data)


@pytest.mark.parametrize("form", INSIDE)
@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 100_000,
        "<a " + "x" * 6_000_000,
        "<!--" + "-x" * 3_000_000,
        "&amp;" * 20_000,
        "&eacute" * 100_000,
        "<![CDATA[" + "<p>" * 30_000 + "]]>",
        "<b/>" * 20_000,
        "\x00\x1b\ufffe",
    ],
)
def test_a_hostile_file_is_read_to_its_end_or_its_fault(form: str, inside: str) -> None:
    data = INSIDE[form].replace("{}", inside).encode()
    with cpu_seconds_at_most(10):
        items = drafts(form, data, 1 << 16)
    assert all(len(draft.title or "") <= 2_000_000 and "\0" not in (draft.title or "") for draft in items)


@pytest.mark.parametrize(
    ("form", "head", "record", "end"),
    [
        (
            "feed",
            b"<rss><channel>",
            b"<item><title>Titre</title><link>https://a.fr/%d</link></item>",
            b"</channel></rss>",
        ),
        ("opml", b"<opml><body>", b'<outline text="Titre" url="https://a.fr/%d"/>', b"</body></opml>"),
        ("wallabag", b"[", b'{"is_archived": 1, "title": "Titre", "url": "https://a.fr/%d"},', b"{}]"),
    ],
)
def test_a_large_file_is_read_in_bounded_memory(form: str, head: bytes, record: bytes, end: bytes) -> None:
    def chunks() -> object:
        yield head
        for start in range(0, 5_000, 500):
            yield b"".join(record % (start + place) for place in range(500))
        yield end

    tracemalloc.start()
    assert count_entries(form, chunks()) >= 5_000  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
