"""The assertions of the W3C's test suite for annotations (web-platform-tests, `annotation-model`), on what the site
answers; and what it keeps, leaves out and refuses of what programs send.
"""

import re
from collections.abc import Callable
from typing import Any

from kb.services.core.library import Library
from tests.features.w3c.conftest import BASE, CONTEXT, EAU, Program, an_annotation_of

Programs = Callable[..., Program]
IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PURPOSES = {"tagging", "commenting", "replying", "highlighting"}
QUOTE = {"type": "TextQuoteSelector", "exact": "déborde", "prefix": "rivière ", "suffix": " ici"}
SELECTORS = [
    QUOTE,
    {"type": "TextPositionSelector", "start": 11, "end": 18},
    {"type": "FragmentSelector", "value": "t", "conformsTo": "http://tools.ietf.org/rfc/rfc3236"},
    {"type": "CssSelector", "value": "p > em"},
    {"type": "XPathSelector", "value": "/html/body/p[2]"},
    {"type": "DataPositionSelector", "start": 0, "end": 9},
    {"type": "SvgSelector", "value": "<svg:svg> ... </svg:svg>"},
    {"type": "RangeSelector", "startSelector": {"type": "XPathSelector", "value": "//p[1]"},
     "endSelector": {"type": "XPathSelector", "value": "//p[2]"}},
]  # fmt: skip


def check_annotation(shape: dict[str, Any]) -> None:
    """The MUST assertions of an annotation, and those of the optional keys that it has."""
    assert shape["@context"] == CONTEXT
    assert isinstance(shape["id"], str)
    assert IRI.fullmatch(shape["id"])
    assert shape["type"] == "Annotation"
    assert not {"body", "bodyValue"} <= shape.keys()
    for name in ("created", "modified"):
        assert TIME.fullmatch(shape.get(name, "2024-01-01T00:00:00Z"))
    if "creator" in shape:
        assert shape["creator"]["type"] == "Person"
        assert shape["creator"]["name"]
    for name in ("canonical", "via", "rights"):
        values = shape.get(name, [])
        assert all(map(IRI.fullmatch, [values] if isinstance(values, str) else values))
    for body in shape.get("body", []):
        assert body["type"] == "TextualBody"
        assert body["format"] == "text/plain"
        assert isinstance(body["value"], str)
        assert body.get("purpose", "tagging") in PURPOSES
    target = shape["target"]
    if isinstance(target, str):
        assert IRI.fullmatch(target)
        return
    assert IRI.fullmatch(target["source"])
    selectors = target["selector"] if isinstance(target["selector"], list) else [target["selector"]]
    for selector in selectors:
        check_selector(selector)


def check_selector(selector: dict[str, Any]) -> None:
    match selector["type"]:
        case "TextQuoteSelector":
            assert isinstance(selector["exact"], str)
            assert all(isinstance(selector.get(name, ""), str) for name in ("prefix", "suffix"))
        case "TextPositionSelector" | "DataPositionSelector":
            assert 0 <= selector["start"] <= selector["end"]
        case "RangeSelector":
            check_selector(selector["startSelector"])
            check_selector(selector["endSelector"])
        case "FragmentSelector" | "CssSelector" | "XPathSelector" | "SvgSelector":
            assert isinstance(selector["value"], str)
        case other:
            raise AssertionError(other)


def test_every_annotation_follows_the_model(program: Programs) -> None:
    claire = program("claire")
    for sent in (
        an_annotation_of({"source": "https://exemple.fr/crues", "selector": SELECTORS}, motivation="commenting"),
        an_annotation_of(
            {"source": "https://exemple.fr/neuf", "selector": QUOTE},
            rights="https://creativecommons.org/publicdomain/zero/1.0/",
        ),
        an_annotation_of(f"{BASE}{EAU}c", motivation="replying"),
        an_annotation_of("https://exemple.fr/a b".replace(" ", "%20")),
    ):
        answer = claire.ask("POST", EAU, sent)
        assert answer.status_code == 201, answer.text
        check_annotation(answer.json())
    last = claire.get(EAU)["last"]
    for number in range(int(last.rpartition("=")[2]) + 1):
        for shape in claire.get(f"{EAU}?page={number}")["items"]:
            check_annotation(shape)


def test_texts_tags_and_the_passage_are_stored(program: Programs) -> None:
    sent = an_annotation_of(
        {"source": {"id": "http://www.exemple.fr/crues/", "format": "text/html"}, "selector": SELECTORS},
        body=[
            {"type": "TextualBody", "value": "Un mot", "purpose": "commenting", "language": "fr"},
            {"value": "<p>Un <em>autre</em> mot</p>", "format": "text/html"},
            {"type": ["TextualBody"], "value": "eau", "purpose": "tagging"},
        ],
        motivation=["commenting", "tagging"], creator={"name": "Quelqu’un d’autre"}, created="1999-01-01T00:00:00Z",
        audience="https://exemple.fr/tous", inconnu={"x": 1},
    )  # fmt: skip
    made = program("claire").ask("POST", EAU, sent).json()
    assert made["body"] == [
        {"type": "TextualBody", "value": "Un mot\n\nUn autre mot", "format": "text/plain"},
        {"type": "TextualBody", "value": "eau", "format": "text/plain", "purpose": "tagging"},
    ]
    assert made["target"] == {"source": "https://exemple.fr/crues", "selector": SELECTORS}
    assert made["motivation"] == ["commenting", "tagging"]
    assert (made["creator"]["nickname"], made["created"] > "2020") == ("claire", True)
    assert not {"audience", "inconnu"} & made.keys()
    bare = program("claire").ask(
        "PUT", made["id"], an_annotation_of("https://exemple.fr/crues", body=None, bodyValue="Seul")
    )
    assert bare.status_code == 400
    highlight = {
        "@context": CONTEXT,
        "type": "Annotation",
        "target": {"source": "https://exemple.fr/crues", "selector": QUOTE},
    }
    now = program("claire").ask("PUT", made["id"], highlight).json()
    assert ("body" in now, now["target"]["selector"], now["motivation"]) == (False, QUOTE, "highlighting")


def test_a_position_alone_is_read_in_the_kept_text(program: Programs, library: Library) -> None:
    claire, position = program("claire"), {"type": "TextPositionSelector", "start": 9, "end": 16}
    sent = an_annotation_of({"source": "https://exemple.fr/crues", "selector": position})
    assert claire.ask("POST", EAU, sent).status_code == 400
    with library.store.write() as writing:
        writing.page_texts.put("un", "Rivière, déborde. Puis")
    made = claire.ask("POST", EAU, sent).json()
    assert [selector.get("exact", selector.get("start")) for selector in made["target"]["selector"]] == ["déborde", 9]
    beyond = {**position, "end": 99}
    sent["target"]["selector"] = beyond
    assert claire.ask("PUT", made["id"], sent).status_code == claire.ask("POST", EAU, sent).status_code == 400
    sent["target"]["source"] = "https://exemple.fr/sans-texte"
    assert claire.ask("POST", EAU, {**sent, "target": {**sent["target"], "selector": position}}).status_code == 400


def test_a_reply_has_its_annotation_as_target(program: Programs) -> None:
    claire, zoe = program("claire"), program("zoe")
    for target in (f"{BASE}{EAU}rr", f"{BASE}/w3c/annotations/rr", f"{BASE}/items/un#a-rr"):
        made = claire.ask("POST", EAU, an_annotation_of(target, body={"value": f"Oui, {target}"})).json()
        assert (made["target"], made["motivation"]) == (f"{BASE}{EAU}rr", "replying")
    changed = claire.ask("PUT", made["id"], an_annotation_of(f"{BASE}{EAU}rr", bodyValue="Non") | {"body": None})
    assert changed.status_code == 400
    changed = claire.ask("PUT", made["id"], an_annotation_of(f"{BASE}{EAU}rr", body={"value": "Non"}))
    assert changed.json()["body"][0]["value"] == "Non"
    assert claire.ask("PUT", made["id"], an_annotation_of(f"{BASE}{EAU}c", body={"value": "Non"})).status_code == 400
    own = zoe.ask("POST", EAU, an_annotation_of()).json()
    claire.ask("POST", EAU, an_annotation_of(own["id"]))
    # It was answered: it neither moves to another page nor goes.
    assert zoe.ask("PUT", own["id"], an_annotation_of("https://autre.exemple/")).status_code == 409
    assert zoe.ask("DELETE", own["id"]).status_code == 409


REFUSED: list[dict[str, Any]] = [
        {"@context": "http://www.w3.org/ns/ldp.jsonld"}, {"@context": None}, {"type": "Note"}, {"target": None},
        {"target": []}, {"target": ["https://a.fr/", "https://b.fr/"]}, {"target": "pas une adresse"}, {"target": 7},
        {"target": {"source": "javascript:alert(1)"}}, {"target": {"selector": QUOTE}},
        {"target": {"source": "https://a.fr/", "selector": {"type": "TextPositionSelector", "start": 1, "end": 2}}},
        {"target": {"source": "https://a.fr/", "selector": [QUOTE, {"type": "X", "value": "x" * 10_001}]}},
        {"target": {"source": "https://a.fr/", "selector": [QUOTE, *({"type": "CssSelector"} for _ in range(21))]}},
        {"body": "https://exemple.fr/video"}, {"body": {"type": "Choice", "items": []}}, {"body": {"id": "https://a.fr/"}},
        {"body": {"type": "TextualBody", "value": 7}}, {"body": {"type": "TextualBody", "value": ""}},
        {"body": {"type": "TextualBody", "value": "x", "format": "image/png"}}, {"bodyValue": "deux corps"},
        {"body": {"type": "TextualBody", "value": "x" * 50_001}}, {"body": [{"value": "x"}] * 121},
        {"body": [{"value": str(number), "purpose": "tagging"} for number in range(101)]},
        {"canonical": "x"}, {"canonical": ["urn:a:1", "urn:a:2"]}, {"via": 3}, {"via": ["urn:a:1"] * 11},
        {"rights": "javascript alert"}, {"motivation": "<b>"}, {"id": 9}, {"id": "urn:a:1\n"},
        {"body": {"value": "\ud800"}}, {"canonical": "urn:" + "x" * 2_000},
    ]  # fmt: skip


def test_what_the_site_cannot_keep_is_refused(program: Programs) -> None:
    claire = program("claire")
    for change in REFUSED:
        answer = claire.ask("POST", EAU, {**an_annotation_of(), **change})
        assert answer.status_code == 400, (change, answer.text)
    assert claire.get(EAU)["total"] == 28
