"""Feeds in RSS, Atom and JSON Feed, with the irregularities of real ones."""

import io
import json

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft
from tests.factories.import_files import drafts, read, warnings

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
    assert warnings("feed", RSS.encode(), size) == ["This record has neither a title nor an address."]
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
    assert warnings("feed", data, size) == ["The text of 1 entry is long: only its beginning is kept."]
    assert list(read_drafts(io.BytesIO(b"\xef\xbb\xbf\n" + data))) == read("feed", data)


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_feed_in_latin_1_that_says_so_is_read_without_a_warning(size: int) -> None:
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
    assert warnings("feed", RSS.encode("cp1252"))[0].startswith("This file is not in UTF-8")


def test_a_cut_feed_gives_its_whole_entries_and_says_so() -> None:
    cut = RSS[: RSS.index("<guid>")].encode()
    assert [draft.title for draft in drafts("feed", cut)] == ["L’agent public"]
    assert warnings("feed", cut) == ["This is not well-formed XML: reading ends here."]


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
    assert warnings("feed", data, size) == ["Record 3 is not an object."]
    assert list(read_drafts(io.BytesIO(data))) == read("feed", data)


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
