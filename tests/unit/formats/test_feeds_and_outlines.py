"""Feeds, feed lists and Zotero's RDF: XML files with the irregularities of real ones; wallabag and JSON Feed."""

import io
import json
import tracemalloc

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, Remark
from tests.factories.import_files import count_entries, drafts, read, remarks
from tests.support.cpu_time import cpu_seconds_at_most

COMMENT = AnnotationKind.COMMENT

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss.dtd">
<!-- <item><title>Non</title></item> -->
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
  <title>La Gazette &amp; les quais</title>
  <link>https://exemple.fr/</link>
  <language>fr</language>
  <image><title>Logo</title><link>https://exemple.fr/</link></image>
  <item>
    <title><![CDATA[L&#8217;<b>agent</b> public]]></title>
    <link>
      https://exemple.fr/a?x=1&amp;y=2
    </link>
    <description>&lt;p&gt;Un r&eacute;sum&eacute;&nbsp;:&lt;/p&gt;&lt;p&gt;la suite.&lt;/p&gt;</description>
    <dc:creator>Lise Été</dc:creator>
    <category>vélo</category><category domain="x">Agents</category><category>agents</category>
    <pubDate>Fri, 07 Nov 2014 23:30:00 +0200</pubDate>
    <content:encoded><![CDATA[<p>Tout le texte.</p>]]></content:encoded>
  </item>
  <item>
    <title>Sans lien</title>
    <guid>https://exemple.fr/b</guid>
    <author>lise@exemple.fr (Lise Été)</author>
  </item>
  <item><guid isPermaLink="false">tag:1</guid></item>
</channel>
</rss>
"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Quais</title>
<entry><id>tag:exemple.fr,2014:1</id><title type="html">&lt;i&gt;Les&lt;/i&gt; quais</title>
<link rel="self" href="https://exemple.fr/self"/><link href="https://exemple.fr/c"/>
<author><name>Lise Été</name></author><author><name>Paul Roy</name></author>
<published>2014-11-07T23:30:00+02:00</published><updated>2014-11-08T09:00:00Z</updated>
<category term="velo" label="Vélo"/><category term="quais"/>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Un <b>résumé</b>.</div></summary></entry>
<entry><id>https://exemple.fr/d</id><title>Titre</title><content>LONG</content></entry>
</feed>"""
RSS_1 = """<?xml version="1.0" encoding="iso-8859-1"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://exemple.fr/"><title>Été</title><items><rdf:Seq/></items></channel>
<item rdf:about="https://exemple.fr/e"><title>Élu</title><link>https://exemple.fr/e</link>
<dc:date>2014-11-07</dc:date><dc:subject>vélo</dc:subject></item></rdf:RDF>"""


@pytest.mark.parametrize("size", [1, 64, 1 << 16])
def test_a_feed_in_rss_gives_titles_authors_tags_and_dates(size: int) -> None:
    assert drafts("feed", RSS.encode(), size) == [
        ItemDraft(
            url="https://exemple.fr/a?x=1&y=2",
            title="L’agent public",
            description="Un résumé\u00a0:\nla suite.",
            byline="Lise Été",
            published="2014-11-07",
            source="La Gazette & les quais",
            language="fr",
            tags=("vélo", "Agents"),
            added="2014-11-07T21:30:00Z",
        ),
        ItemDraft(
            url="https://exemple.fr/b",
            title="Sans lien",
            byline="Lise Été",
            source="La Gazette & les quais",
            language="fr",
        ),
    ]
    assert remarks("feed", RSS.encode(), size) == ["This record has neither a title nor an address."]
    assert list(read_drafts(io.BytesIO(RSS.encode()))) == read("feed", RSS.encode())


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_feed_in_atom_gives_titles_authors_tags_and_dates(size: int) -> None:
    data = ATOM.replace("LONG", "Des mots. " * 500).encode()
    first, second = drafts("feed", data, size)
    assert first == ItemDraft(
        url="https://exemple.fr/c",
        title="Les quais",
        description="Un résumé.",
        byline="Lise Été, Paul Roy",
        published="2014-11-07",
        source="Quais",
        tags=("Vélo", "quais"),
        added="2014-11-07T21:30:00Z",
        updated="2014-11-08T09:00:00Z",
    )
    assert second.url == "https://exemple.fr/d"
    assert len(second.description or "") <= 2_002
    assert remarks("feed", data, size) == ["The text of 1 entry is long: only its beginning is kept."]
    assert list(read_drafts(io.BytesIO(b"\xef\xbb\xbf\n" + data))) == read("feed", data)


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_feed_in_latin_1_that_says_so_is_read_without_a_remark(size: int) -> None:
    (draft,) = read("feed", RSS_1.encode("latin-1"), size)
    assert draft == ItemDraft(
        url="https://exemple.fr/e",
        title="Élu",
        published="2014-11-07",
        source="Été",
        tags=("vélo",),
        added="2014-11-07T00:00:00Z",
    )
    assert list(read_drafts(io.BytesIO(RSS_1.encode("latin-1")))) == [draft]


def test_a_mis_encoded_feed_keeps_its_accents_and_says_so() -> None:
    assert drafts("feed", RSS.encode("cp1252")) == drafts("feed", RSS.encode())
    assert remarks("feed", RSS.encode("cp1252"))[0].startswith("This file is not in UTF-8")


def test_a_cut_feed_gives_its_whole_entries_and_says_so() -> None:
    cut = RSS[: RSS.index("<guid>")].encode()
    assert [draft.title for draft in drafts("feed", cut)] == ["L’agent public"]
    assert remarks("feed", cut) == ["This is not well-formed XML: reading ends here."]


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Quais",
    "authors": [{"name": "Personne"}],
    "items": [
        {
            "id": "1",
            "url": "https://exemple.fr/a",
            "title": "Les quais",
            "content_html": "<p>Un texte</p>",
            "authors": [{"name": "Lise Été"}],
            "tags": ["vélo"],
            "date_published": "2014-11-07T10:00:00+01:00",
            "language": "fr",
        },
        {"id": "https://exemple.fr/b"},
        7,
    ],
}


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_json_feed_is_read_by_its_list_of_items(size: int) -> None:
    data = json.dumps(JSON_FEED, ensure_ascii=False).encode()
    assert drafts("feed", data, size) == [
        ItemDraft(
            url="https://exemple.fr/a",
            title="Les quais",
            description="Un texte",
            byline="Lise Été",
            published="2014-11-07",
            source="Quais",
            language="fr",
            tags=("vélo",),
            added="2014-11-07T09:00:00Z",
        ),
        ItemDraft(url="https://exemple.fr/b", source="Quais"),
    ]
    assert remarks("feed", data, size) == ["Record 3 is not an object."]
    assert list(read_drafts(io.BytesIO(data))) == read("feed", data)


OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><head><title>Mes fils</title></head><body>
<outline text="Numérique &amp; usages" title="Numérique &amp; usages">
  <outline type="rss" text="La Gazette" xmlUrl="https://exemple.fr/rss" htmlUrl="https://exemple.fr/"
    description="Un &lt;b&gt;journal&lt;/b&gt;" category="/Presse/Locale,Élus" created="Fri, 07 Nov 2014 09:12:00 GMT"/>
  <outline text="Sous-dossier"><outline type="link" text="Une page" url="https://exemple.fr/page"/></outline>
</outline>
<outline text="Rien"/><outline type="rss" text="Faux" xmlUrl="javascript:alert(1)"/>
<outline text="Au sommet" xmlUrl="https://exemple.fr/atom"/>
</body></opml>
"""


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_list_of_feeds_gives_sites_and_folders(size: int) -> None:
    assert drafts("opml", OPML.encode(), size) == [
        ItemDraft(
            url="https://exemple.fr/",
            title="La Gazette",
            description="Un journal\nhttps://exemple.fr/rss",
            tags=("Numérique & usages", "Locale", "Élus"),
            added="2014-11-07T09:12:00Z",
        ),
        ItemDraft(url="https://exemple.fr/page", title="Une page", tags=("Numérique & usages", "Sous-dossier")),
        ItemDraft(url="https://exemple.fr/atom", title="Au sommet"),
    ]
    assert remarks("opml", OPML.encode(), size) == ["1 line of the outline does not lead to a page."]
    assert list(read_drafts(io.BytesIO(OPML.encode()))) == read("opml", OPML.encode())
    assert drafts("opml", OPML.encode("cp1252")) == drafts("opml", OPML.encode())
    assert len(drafts("opml", OPML[: OPML.index('<outline text="Rien')].encode())) == 2


ZOTERO = """<rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#"
 xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:bib="http://purl.org/net/biblio#"
 xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:link="http://purl.org/rss/1.0/modules/link/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
    <bib:Document rdf:about="https://exemple.fr/a">
        <z:itemType>webpage</z:itemType>
        <dcterms:isPartOf><z:Website><dc:title>La Gazette</dc:title></z:Website></dcterms:isPartOf>
        <bib:authors><rdf:Seq>
            <rdf:li><foaf:Person><foaf:surname>Été</foaf:surname><foaf:givenName>Lise</foaf:givenName></foaf:Person>
            </rdf:li>
            <rdf:li><foaf:Person><foaf:surname>Ville de Lyon</foaf:surname></foaf:Person></rdf:li>
        </rdf:Seq></bib:authors>
        <dcterms:isReferencedBy rdf:resource="#item_5"/>
        <link:link rdf:resource="#item_7"/>
        <link:link rdf:resource="#item_8"/>
        <dc:subject>vélo</dc:subject>
        <dc:subject><z:AutomaticTag><rdf:value>Élus</rdf:value></z:AutomaticTag></dc:subject>
        <dc:title>Les agents  racontent</dc:title>
        <dcterms:abstract>Un résumé</dcterms:abstract>
        <dc:date>7 nov. 2014</dc:date>
        <z:language>fr</z:language>
        <dc:identifier><dcterms:URI><rdf:value>https://exemple.fr/a?x=1&amp;y=2</rdf:value></dcterms:URI></dc:identifier>
        <dcterms:dateSubmitted>2014-11-08 22:30:00</dcterms:dateSubmitted>
        <dc:description>tex.annee: 2014</dc:description>
        <prism:volume>3</prism:volume>
    </bib:Document>
    <bib:Memo rdf:about="#item_5"><rdf:value>&lt;p&gt;À relire&lt;/p&gt;</rdf:value></bib:Memo>
    <z:Attachment rdf:about="#item_7"><z:itemType>attachment</z:itemType>
        <dc:identifier><dcterms:URI><rdf:value>https://exemple.fr/a.pdf</rdf:value></dcterms:URI></dc:identifier>
    </z:Attachment>
    <z:Attachment rdf:about="#item_8"><z:itemType>attachment</z:itemType><rdf:resource rdf:resource="files/8/a.pdf"/>
    </z:Attachment>
    <bib:Article rdf:about="#item_9"><z:itemType>journalArticle</z:itemType>
        <dcterms:isPartOf rdf:resource="urn:issn:1234-5678"/><dc:title>Quais</dc:title>
        <dc:identifier>DOI 10.4000/quais.1</dc:identifier></bib:Article>
    <bib:Journal rdf:about="urn:issn:1234-5678"><dc:title>Revue des quais</dc:title></bib:Journal>
    <bib:Memo rdf:about="#item_10"><rdf:value>Une note seule
et sa suite</rdf:value></bib:Memo>
    <z:Collection rdf:about="#collection_1"><dc:title>Lectures</dc:title>
        <dcterms:hasPart rdf:resource="#collection_2"/></z:Collection>
    <z:Collection rdf:about="#collection_2"><dc:title>2014</dc:title>
        <dcterms:hasPart rdf:resource="https://exemple.fr/a"/><dcterms:hasPart rdf:resource="#item_10"/></z:Collection>
</rdf:RDF>
"""


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_library_of_zotero_gives_notes_tags_collections_and_attachments(size: int) -> None:
    first, second, third = drafts("zotero-rdf", ZOTERO.encode(), size)
    assert first == ItemDraft(
        url="https://exemple.fr/a?x=1&y=2",
        title="Les agents racontent",
        description="Un résumé",
        byline="Lise Été ; Ville de Lyon",
        published="2014-11-07",
        source="La Gazette",
        language="fr",
        tags=("vélo", "Élus", "Lectures", "2014"),
        added="2014-11-08T22:30:00Z",
        annotations=(
            AnnotationDraft(COMMENT, body="tex.annee: 2014"),
            AnnotationDraft(COMMENT, body="À relire"),
            AnnotationDraft(COMMENT, body="https://exemple.fr/a.pdf"),
        ),
    )
    assert (second.title, second.source, second.url) == (
        "Quais",
        "Revue des quais",
        "https://doi.org/10.4000/quais.1",
    )
    assert (third.title, third.tags) == ("Une note seule", ("Lectures", "2014"))
    assert remarks("zotero-rdf", ZOTERO.encode(), size) == ["These fields were left out: volume."]
    assert list(read_drafts(io.BytesIO(ZOTERO.encode()))) == read("zotero-rdf", ZOTERO.encode())


def test_a_cut_or_mis_encoded_library_of_zotero_says_so() -> None:
    assert drafts("zotero-rdf", ZOTERO.encode("cp1252")) == drafts("zotero-rdf", ZOTERO.encode())
    cut = ZOTERO[: ZOTERO.index("<bib:Article") + 20].encode()
    assert [draft.title for draft in drafts("zotero-rdf", cut)] == ["Les agents racontent"]
    assert remarks("zotero-rdf", cut)[0] == "This is not well-formed XML: reading ends here."


def test_a_circle_of_collections_ends() -> None:
    circle = ZOTERO.replace('hasPart rdf:resource="#item_10"', 'hasPart rdf:resource="#collection_1"')
    assert len(drafts("zotero-rdf", circle.encode())) == 3


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
    assert remarks(form, data) == ["This file declares entities of its own, which are refused."]
    # The content gives the format in spite of the entities: the error message is the one about entities.
    reasons = [entry.why for entry in read_drafts(io.BytesIO(data)) if isinstance(entry, Remark)]
    assert reasons == remarks(form, data)


ATOM_OF_A_SITE = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Quais</title>
<link rel="self" href="https://exemple.fr/fil/atom.xml"/>
<entry><title>Un</title><link href="un.html"/></entry>
<entry xml:base="https://exemple.org/d/"><title>Deux</title><link rel="alternate" href="/deux"/></entry>
<entry><title>Trois</title><link href="https://[exemple"/></entry></feed>"""
RSS_OF_A_SITE = """<rss version="2.0"><channel><link>https://exemple.fr/fil/</link>
<item><title>Un</title><link>/un.html?x=1</link></item></channel></rss>"""


def test_an_address_that_is_relative_to_its_feed_is_whole() -> None:
    addresses = ["https://exemple.fr/fil/un.html", "https://exemple.org/deux", "https://[exemple"]
    assert [draft.url for draft in drafts("feed", ATOM_OF_A_SITE.encode())] == addresses
    assert [draft.url for draft in drafts("feed", RSS_OF_A_SITE.encode())] == ["https://exemple.fr/un.html?x=1"]


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


WALLABAG = [
    {
        "is_archived": 0,
        "is_starred": 1,
        "tags": ["vélo", "Élus"],
        "is_public": False,
        "id": 7,
        "title": "Les agents  racontent",
        "url": "https://www.exemple.fr/a",
        "content": "<p>Tout le texte</p>",
        "created_at": "2014-11-07T10:12:00+0100",
        "updated_at": "2014-11-08T10:12:00+0100",
        "published_at": "2014-11-06T00:00:00+0100",
        "published_by": ["Lise Été", ""],
        "annotations": [
            {
                "user": "claire",
                "text": "À relire",
                "quote": "un passage",
                "created_at": "2014-11-09T00:00:00+0100",
                "updated_at": "2014-11-10T00:00:00+0100",
                "ranges": [],
            },
            {"user": {"username": "paul"}, "text": "", "quote": "un autre"},
            {"user": [], "text": "", "quote": "sans personne"},
            {"text": "", "quote": ""},
        ],
        "language": "fr",
        "domain_name": "www.exemple.fr",
        "user_name": "claire",
        "user_id": 1,
    },
    {"is_archived": 1, "title": "No title found", "url": "https://exemple.fr/b", "tags": [{"label": "vélo"}]},
    {"is_archived": 1, "title": "Rien", "url": ""},
]


@pytest.mark.parametrize("whole", [WALLABAG, {"page": 1, "total": 3, "_embedded": {"items": WALLABAG}}])
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_an_export_of_wallabag_gives_tags_annotations_and_dates(whole: object, size: int) -> None:
    data = json.dumps(whole, ensure_ascii=False).encode()
    first, second = drafts("wallabag", data, size)
    assert first == ItemDraft(
        url="https://www.exemple.fr/a",
        title="Les agents racontent",
        byline="Lise Été",
        published="2014-11-06",
        source="exemple.fr",
        language="fr",
        tags=("vélo", "Élus"),
        author=AuthorDraft(name="claire"),
        added="2014-11-07T09:12:00Z",
        updated="2014-11-08T09:12:00Z",
        annotations=(
            AnnotationDraft(
                AnnotationKind.NOTE,
                author=AuthorDraft(name="claire"),
                added="2014-11-08T23:00:00Z",
                quote="un passage",
                body="À relire",
                updated="2014-11-09T23:00:00Z",
            ),
            AnnotationDraft(AnnotationKind.HIGHLIGHT, author=AuthorDraft(name="paul"), quote="un autre"),
            AnnotationDraft(AnnotationKind.HIGHLIGHT, quote="sans personne"),
        ),
    )
    assert second == ItemDraft(url="https://exemple.fr/b", tags=("vélo",))
    assert remarks("wallabag", data, size) == [
        "This bookmark does not lead to a page.",
        "The text of 1 page was left out: only what readers wrote is imported.",
    ]
    assert list(read_drafts(io.BytesIO(data))) == read("wallabag", data)
    assert drafts("wallabag", data.decode().encode("cp1252")) == drafts("wallabag", data)
    assert len(drafts("wallabag", data[: data.index(b"No title")])) == 1


@pytest.mark.parametrize(
    "value", ["[[[]]]", '{"a": 1}', "9" * 5_000, '"\\u0000\\ud800"', "[" * 50_000, "null", "[7, {}]"]
)
@pytest.mark.parametrize("name", ["title", "url", "tags", "annotations", "published_by", "created_at", "user_name"])
def test_a_hostile_value_stops_nothing(name: str, value: str) -> None:
    data = f'[{{"is_archived": 1, "title": "x", "url": "https://a.fr", "{name}": {value}}}]'.encode()
    assert all("\0" not in f"{draft}" for draft in drafts("wallabag", data, 1 << 16))
