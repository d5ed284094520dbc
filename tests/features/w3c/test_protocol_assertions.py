"""The assertions of the W3C's test suite for servers of the Web Annotation Protocol (web-platform-tests,
`annotation-protocol`), and further ones of the specification; each section of it is a test here.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.features.w3c.conftest import BASE, CONTEXT, EAU, JSON_LD, Program, an_annotation_of

Programs = Callable[..., Program]
PROFILE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
MINIMAL, IRIS, DESCRIPTIONS = (
    f'return=representation;include="http://www.w3.org/ns/{name}"'
    for name in ("ldp#PreferMinimalContainer", "oa#PreferContainedIRIs", "oa#PreferContainedDescriptions")
)
LINK_OF_RESOURCE = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
LINKS_OF_CONTAINER = (
    '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"',
    '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"',
)


def words_of(header: str) -> set[str]:
    return {word.strip() for word in header.split(",")}


@pytest.mark.parametrize("address", [f"{EAU}h3", "/w3c/annotations/h3"])
def test_an_annotation_is_retrieved(program: Programs, address: str) -> None:
    """Protocol, section 3."""
    answer = program().ask("GET", address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROFILE)
    assert {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} <= words_of(answer.headers["allow"])
    assert LINK_OF_RESOURCE in answer.headers["link"]
    assert answer.headers["etag"].startswith('"')
    assert "Accept" in words_of(answer.headers["vary"])
    head, options = (program().ask(method, address) for method in ("HEAD", "OPTIONS"))
    assert (head.status_code, head.text, options.status_code) == (200, "", 200)
    assert head.headers["etag"] == answer.headers["etag"]
    assert words_of(options.headers["allow"]) == words_of(answer.headers["allow"])
    # Its address is one path component below that of its container (section 4).
    assert answer.json()["id"] == f"{BASE}{EAU}h3"
    assert program().ask("GET", address, If_None_Match=answer.headers["etag"]).status_code == 304


def test_the_representation_is_negotiated(program: Programs) -> None:
    for accept in (
        PROFILE,
        JSON_LD,
        "*/*",
        "application/*;q=0.1, text/html",
        "text/turtle;q=0.9, application/ld+json;q=0.5",
    ):
        assert program().ask("GET", EAU, Accept=accept).headers["content-type"] == PROFILE
    assert program().ask("GET", EAU, Accept="application/json").headers["content-type"] == "application/json"
    for accept in ("text/turtle", "application/ld+json;q=0", "text/html", "application/ld+json;q=0.0, text/*"):
        for address in (EAU, f"{EAU}h3"):
            assert program().ask("GET", address, Accept=accept).status_code == 406, accept
    claire = program("claire")
    for sent_as in ("text/plain", "application/x-www-form-urlencoded", "text/turtle"):
        refused = claire.ask("POST", EAU, an_annotation_of(), Content_Type=sent_as)
        assert (refused.status_code, refused.headers["accept-post"]) == (415, PROFILE)
    assert claire.ask("POST", EAU, an_annotation_of(), Content_Type=PROFILE).status_code == 201


@pytest.mark.parametrize("prefer", ["", MINIMAL, IRIS, DESCRIPTIONS])
def test_a_container_describes_itself(program: Programs, prefer: str) -> None:
    """Protocol, sections 4.1, 4.1.1 and 4.1.2."""
    answer = program().ask("GET", EAU, **({"Prefer": prefer} if prefer else {}))
    shape = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROFILE)
    assert {"GET", "HEAD", "OPTIONS", "POST"} <= words_of(answer.headers["allow"])
    assert all(link in answer.headers["link"] for link in LINKS_OF_CONTAINER)
    assert answer.headers["etag"]
    assert {"Accept", "Prefer"} <= words_of(answer.headers["vary"])
    assert answer.headers["accept-post"] == PROFILE
    assert answer.headers["content-location"] == shape["id"]
    assert "prefer" not in answer.headers
    assert answer.headers.get("preference-applied", "") == ("return=representation" if prefer else "")
    assert CONTEXT in shape["@context"]
    assert {"BasicContainer", "AnnotationCollection"} <= set(shape["type"])
    assert (shape["total"], shape["label"]) == (28, "Eau et territoires")
    assert not {"items", "ldp:contains", "contains"} & shape.keys()
    assert (
        shape["id"] == f"{BASE}{EAU}" + {"": "?iris=0", MINIMAL: "", IRIS: "?iris=1", DESCRIPTIONS: "?iris=0"}[prefer]
    )
    head, options = (program().ask(method, EAU) for method in ("HEAD", "OPTIONS"))
    assert (head.status_code, options.status_code) == (200, 200)
    for same in (head, options):
        assert all(same.headers[name] for name in ("allow", "link", "etag", "vary", "accept-post"))
    for name in ("first", "last"):
        assert program().get(shape[name])["partOf"]["id"] == shape["id"].partition("?")[0] + (
            "?iris=1" if prefer == IRIS else "?iris=0"
        )


@pytest.mark.parametrize("iris", [0, 1])
def test_the_pages_of_a_container_give_each_annotation_once(program: Programs, iris: int) -> None:
    """Protocol, section 4.1.3."""
    container = program().get(f"{EAU}?iris={iris}")
    address, before, found = container["first"], None, list[Any]()
    while address:
        answer = program().ask("GET", address)
        page = answer.json()
        assert (page["type"], page["id"]) == ("AnnotationPage", address)
        assert page["partOf"] == {"id": container["id"], "total": 28}
        assert page.get("prev") == before
        assert page["startIndex"] == len(found)
        assert words_of(answer.headers["allow"]) == {"GET", "HEAD", "OPTIONS"}
        found += page["items"]
        before, address = page["id"], page.get("next")
    assert before == container["last"]
    ids = found if iris else [item["id"] for item in found]
    names = [*(f"h{number}" for number in range(25)), "c", "r", "rr"]
    assert ids == [f"{BASE}{EAU}{name}" for name in names]
    if not iris:
        assert all("@context" in item for item in found)
        assert found == [program().get(item["id"]) for item in found]
    assert program().ask("GET", f"{EAU}?iris={iris}&page=99").status_code == 404
    assert program("claire").ask("POST", f"{EAU}?iris={iris}&page=0", an_annotation_of()).status_code == 405


def test_an_annotation_is_created(program: Programs) -> None:
    """Protocol, sections 5.1 and 5.2."""
    claire, canonical = program("claire"), "urn:uuid:dbfb1861-0ecf-41ad-be94-a584e5c4f1df"
    sent = an_annotation_of("http://www.exemple.fr/index.html", canonical=canonical, id="https://ailleurs.fr/anno/1")
    answer = claire.ask("POST", EAU, sent, Slug="ma_note")
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == made["id"]
    assert made["id"].startswith(f"{BASE}{EAU}")
    assert (made["canonical"], made["via"]) == (canonical, "https://ailleurs.fr/anno/1")
    assert LINK_OF_RESOURCE in answer.headers["link"]
    assert {"Accept", "Prefer"} <= words_of(answer.headers["vary"])
    assert answer.headers["content-type"] == PROFILE
    again = claire.ask("GET", made["id"])
    assert (again.json(), again.headers["etag"]) == (made, answer.headers["etag"])
    assert claire.get(EAU)["total"] == 29
    assert made["id"] in claire.get(f"{EAU}?iris=1&page=0")["items"]


def test_an_annotation_is_replaced(program: Programs) -> None:
    """Protocol, section 5.3: the target too."""
    claire = program("claire")
    made = claire.ask("POST", EAU, an_annotation_of("https://exemple.fr/index.html", canonical="urn:x:1"))
    sent = {**made.json(), "target": "https://autre.exemple/", "body": {"type": "TextualBody", "value": "Mieux"}}
    answer = claire.ask("PUT", made.json()["id"], sent, If_Match=made.headers["etag"])
    assert answer.status_code == 200
    now = answer.json()
    assert (now["id"], now["target"], now["canonical"]) == (made.json()["id"], "https://autre.exemple/", "urn:x:1")
    assert now["body"] == [{"type": "TextualBody", "value": "Mieux", "format": "text/plain"}]
    assert now["created"] == made.json()["created"]
    assert now["modified"]
    assert answer.headers["etag"] != made.headers["etag"]
    assert claire.get(now["id"]) == now
    # A client that read an earlier state learns it, and one that sends no condition is let through: the protocol only
    # recommends the condition.
    assert claire.ask("PUT", now["id"], sent, If_Match=made.headers["etag"]).status_code == 412
    assert claire.ask("PUT", now["id"], sent).status_code == 200


def test_an_annotation_is_deleted(program: Programs) -> None:
    """Protocol, section 5.4."""
    claire = program("claire")
    made = claire.ask("POST", EAU, an_annotation_of())
    address = made.json()["id"]
    assert claire.ask("DELETE", address, If_Match='"autre"').status_code == 412
    answer = claire.ask("DELETE", address, If_Match=made.headers["etag"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert claire.ask("GET", address).status_code == 404
    assert address not in claire.get(f"{EAU}?iris=1&page=0")["items"]
    assert claire.ask("POST", EAU, an_annotation_of(), Slug=address.rpartition("/")[2]).json()["id"] != address


def test_errors_have_the_header_fields_of_containers(program: Programs) -> None:
    """Protocol, section 6."""
    claire = program("claire")
    refused = {
        400: claire.ask("POST", EAU, {"type": "Annotation"}),
        401: program().ask("POST", EAU, an_annotation_of()),
        403: program("zoe").ask("DELETE", f"{EAU}h3"),
        404: program().ask("GET", "/w3c/groups/rien/"),
        405: claire.ask("PATCH", EAU, {}),
        406: claire.ask("GET", EAU, Accept="text/turtle"),
        412: claire.ask(
            "PUT", claire.ask("POST", EAU, an_annotation_of()).json()["id"], an_annotation_of(), If_Match='"x"'
        ),
        415: claire.ask("POST", EAU, an_annotation_of(), Content_Type="text/plain"),
    }
    for status, answer in refused.items():
        assert answer.status_code == status
        assert answer.json()["status"] == status
        assert LINKS_OF_CONTAINER[1] in answer.headers["link"]
        assert answer.headers["etag"]
        assert "Accept" in words_of(answer.headers["vary"])
        assert answer.headers["access-control-allow-origin"] == "*"
    assert refused[401].headers["www-authenticate"] == "Bearer"


def test_pages_of_other_sites_may_ask_with_a_token(program: Programs) -> None:
    for address, methods in ((EAU, {"GET", "POST"}), (f"{EAU}h3", {"GET", "PUT", "DELETE"})):
        asked = {"Origin": "https://ailleurs.fr", "Access-Control-Request-Method": "PUT"}
        answer = program().ask("OPTIONS", address, **asked)
        assert answer.status_code == 200
        assert methods <= words_of(answer.headers["access-control-allow-methods"])
        assert {"Authorization", "Content-Type", "If-Match", "Prefer", "Slug"} <= words_of(
            answer.headers["access-control-allow-headers"]
        )
        shown = program().ask("GET", address, Origin="https://ailleurs.fr")
        assert {"Allow", "Content-Location", "ETag", "Link", "Location", "Vary"} <= words_of(
            shown.headers["access-control-expose-headers"]
        )
        assert shown.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in shown.headers
