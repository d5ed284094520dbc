"""Annotations, read by another parser."""

import json

import pytest
from hypothesis import given
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF

from kb.model.items.selectors import selectors_text
from tests.factories.exports import BARE, WHOLE, exported, odd_items
from tests.factories.items import a_reply, an_annotation, an_item

OA = Namespace("http://www.w3.org/ns/oa#")

CONTEXT = {
    "oa": str(OA),
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": {"@type": "@id", "@id": "@id"},
    "type": {"@type": "@id", "@id": "@type"},
    "Annotation": "oa:Annotation",
    "TextualBody": "oa:TextualBody",
    "TextQuoteSelector": "oa:TextQuoteSelector",
    **{
        motivation: f"oa:{motivation}"
        for motivation in ("bookmarking", "commenting", "highlighting", "replying", "tagging", "describing")
    },
    "motivation": {"@type": "@vocab", "@id": "oa:motivatedBy"},
    "purpose": {"@type": "@vocab", "@id": "oa:hasPurpose"},
    "body": {"@type": "@id", "@id": "oa:hasBody"},
    "target": {"@type": "@id", "@id": "oa:hasTarget"},
    "source": {"@type": "@id", "@id": "oa:hasSource"},
    "selector": {"@type": "@id", "@id": "oa:hasSelector"},
    "exact": "oa:exact",
    "value": "http://www.w3.org/1999/02/22-rdf-syntax-ns#value",
    "created": {"@id": "http://purl.org/dc/terms/created", "@type": "xsd:dateTime"},
    "items": {"@type": "@id", "@id": "https://www.w3.org/ns/activitystreams#items", "@container": "@list"},
    "first": {"@type": "@id", "@id": "https://www.w3.org/ns/activitystreams#first"},
}
"""The terms of http://www.w3.org/ns/anno.jsonld that the files use."""


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
def test_annotations_say_who_said_what_about_which_passage():
    data = json.loads(exported("annotations", WHOLE, BARE))
    assert data["@context"] == "http://www.w3.org/ns/anno.jsonld"
    graph = Graph()
    graph.parse(data=json.dumps({**data, "@context": CONTEXT}), format="json-ld")
    base = "https://lire.exemple.fr/items/archive"
    page = URIRef("https://www.exemple.fr/archive?a=1&b=2")
    assert graph.value(URIRef(base), RDF.type) == OA.Annotation
    assert graph.value(URIRef(base), OA.motivatedBy) == OA.bookmarking
    assert graph.value(URIRef(base), OA.hasTarget) == page
    highlight = URIRef(f"{base}#a-h1")
    assert graph.value(highlight, OA.motivatedBy) == OA.highlighting
    target = graph.value(highlight, OA.hasTarget)
    assert graph.value(target, OA.hasSource) == page
    assert graph.value(graph.value(target, OA.hasSelector), OA.exact) == Literal("Les archives\nservent à tous.")
    assert graph.value(highlight, DCTERMS.created).toPython().isoformat() == "2014-11-09T10:00:00+00:00"
    reply = URIRef(f"{base}#a-r1")
    assert graph.value(reply, OA.motivatedBy) == OA.replying
    assert graph.value(reply, OA.hasTarget) == URIRef(f"{base}#a-c1")
    assert len(list(graph.subjects(RDF.type, OA.Annotation))) == 6


def test_a_reply_to_a_reply_has_that_one_as_its_target():
    replies = [a_reply(id="r1"), a_reply(id="r2", reply_to="r1"), a_reply(id="r3", reply_to="gone")]
    item = an_item(id="fil", annotations=[an_annotation(id="h1", replies=replies)])
    _, _, *answers = json.loads(exported("annotations", item))["first"]["items"]
    assert [answer["target"].rpartition("#")[2] for answer in answers] == ["a-h1", "a-r1", "a-h1"]


def test_a_passage_has_its_place_in_the_selectors_of_the_w3c():
    place = [
        {"type": "RangeSelector", "startContainer": "/p[1]", "startOffset": 3, "endContainer": "/p[2]", "endOffset": 9},
        {"type": "TextPositionSelector", "start": 3, "end": 9},
        {"type": "PageSelector", "index": 2},
    ]
    annotation = an_annotation(
        "Les crues", selectors=selectors_text(place), tags=("eau",), updated="2024-05-02T09:00:00Z"
    )
    _, written = json.loads(exported("annotations", an_item(annotations=[annotation])))["first"]["items"]
    words, ranged, position = written["target"]["selector"]
    assert (words["exact"], position) == ("Les crues", place[1])
    offset = {"type": "TextPositionSelector", "start": 3, "end": 3}
    assert ranged["startSelector"] == {"type": "XPathSelector", "value": "/p[1]", "refinedBy": offset}
    assert ranged["endSelector"]["value"] == "/p[2]"
    assert (written["modified"], written["body"][0]["value"]) == ("2024-05-02T09:00:00Z", "eau")


@given(odd_items)
def test_any_text_comes_back_from_annotations(item):
    first, *others = json.loads(exported("annotations", item))["first"]["items"]
    values = [body["value"] for body in first["body"]]
    assert values == [text for text in (item.title, item.description, *item.tags) if text]
    assert first["target"].startswith(("http://", "https://"))
    assert not set(' <>"{}|\\^`') & set(first["target"])
    assert [annotation["motivation"] for annotation in others] == [
        "highlighting" if not item.annotations[0].body else "commenting",
        "replying",
        "commenting",
    ]
