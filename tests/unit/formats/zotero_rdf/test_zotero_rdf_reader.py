"""Zotero's RDF, with the irregularities of real files."""

import io

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft
from tests.factories.import_files import drafts, read, warnings

COMMENT = AnnotationKind.COMMENT

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
        <prism:edition>2</prism:edition>
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
        volume="3",
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
    assert warnings("zotero-rdf", ZOTERO.encode(), size) == ["These fields were left out: edition."]
    assert list(read_drafts(io.BytesIO(ZOTERO.encode()))) == read("zotero-rdf", ZOTERO.encode())


def test_a_cut_or_mis_encoded_library_of_zotero_says_so() -> None:
    assert drafts("zotero-rdf", ZOTERO.encode("cp1252")) == drafts("zotero-rdf", ZOTERO.encode())
    cut = ZOTERO[: ZOTERO.index("<bib:Article") + 20].encode()
    assert [draft.title for draft in drafts("zotero-rdf", cut)] == ["Les agents racontent"]
    assert warnings("zotero-rdf", cut)[0] == "This is not well-formed XML: reading ends here."


def test_a_circle_of_collections_ends() -> None:
    circle = ZOTERO.replace('hasPart rdf:resource="#item_10"', 'hasPart rdf:resource="#collection_1"')
    assert len(drafts("zotero-rdf", circle.encode())) == 3
