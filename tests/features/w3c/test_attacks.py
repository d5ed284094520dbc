"""Bad requests, other people's annotations, rights that were just taken away, and races of two programs."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kb.access.actor import OPERATOR
from kb.features.w3c.records import STORE
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.services.annotations.annotations import annotation_or_reply
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member, set_role
from kb.services.moderation.moderation_actions import delete_content_permanently, remove_content
from tests.factories.group import as_
from tests.features.w3c.conftest import BASE, EAU, Program, an_annotation_of

Programs = Callable[..., Program]
CAVE = "/w3c/groups/cave/"


START = b'{"@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "target": '
DEEP = {"type": "X", "a": [[[[[[1]]]]]]}
BAD_BODIES = (
    *(b"", b"{", b"[]", b"null", b'"texte"', b"\xff\xfe{}", b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a":' * 50_000),
    START + b"[" * 5_000 + b"]" * 5_000 + b"}",
    json.dumps(
        an_annotation_of({"source": "https://a.fr/", "selector": [{"type": "TextQuoteSelector", "exact": "x"}, DEEP]})
    ).encode(),
    b'{"a": NaN, "b": 1e999999}',
)


def test_a_bad_body_is_refused(program: Programs) -> None:
    claire = program("claire")
    made = claire.ask("POST", EAU, an_annotation_of()).json()["id"]
    for body in BAD_BODIES:
        assert claire.ask("POST", EAU, body).status_code == 400, body[:40]
        assert claire.ask("PUT", made, body).status_code == 400, body[:40]
    assert claire.get(EAU)["total"] == 29


def test_a_huge_body_is_not_read(program: Programs) -> None:
    body = json.dumps(an_annotation_of(inconnu="x" * 1_100_000)).encode()
    assert program("claire").ask("POST", EAU, body).status_code == 413
    assert program().ask("POST", EAU, body).status_code == 413
    headers = {"Prefer": "x;" * 5_000, "Accept": "a/b," * 5_000 + "*/*", "If_None_Match": '"x",' * 3_000}
    for name, value in headers.items():
        assert program().ask("GET", EAU, **{name: value}).status_code in {200, 406}
    for query in ("?page=-1", "?page=x", "?iris=2", "?page=1e9", "?page=99999999999999"):
        assert program().ask("GET", EAU + query).status_code in {400, 404}


def test_cookies_give_no_right(program: Programs) -> None:
    answer = program().ask("POST", EAU, an_annotation_of(), Cookie="kb-session=x")
    assert answer.status_code == 401


def test_a_closed_group_and_what_does_not_exist_are_the_same(program: Programs, library: Library) -> None:
    def plain(answer: object) -> tuple[object, ...]:
        text = re.sub(r"cave|rien|\bs\b|urn:\w+", "", answer.text)  # type: ignore[attr-defined]
        return answer.status_code, text  # type: ignore[attr-defined]

    for asker in (program(), program("zoe")):
        for method, closed, missing in (
            ("GET", CAVE, "/w3c/groups/rien/"),
            ("GET", f"{CAVE}?page=0", "/w3c/groups/rien/?page=0"),
            ("GET", f"{CAVE}s", "/w3c/groups/rien/s"),
            ("GET", "/w3c/annotations/s", "/w3c/annotations/rien"),
            ("GET", f"{EAU}s", f"{EAU}rien"),
        ):
            first, second = asker.ask(method, closed), asker.ask(method, missing)
            assert first.status_code == 404
            assert plain(first) == plain(second), closed
    zoe = program("zoe")
    for method in ("PUT", "DELETE"):
        closed, missing = (zoe.ask(method, f"/w3c/annotations/{name}", an_annotation_of()) for name in ("s", "rien"))
        assert closed.status_code == 404
        assert plain(closed) == plain(missing)
    # A reply to what one may not read is a reply to nothing.
    for target in (f"{BASE}{CAVE}s", f"{BASE}/w3c/annotations/rien"):
        assert zoe.ask("POST", EAU, an_annotation_of(target)).status_code == 404
    # The page of an item of the closed group is an address like any other.
    made = zoe.ask("POST", EAU, an_annotation_of(f"{BASE}/items/deux")).json()
    assert made["target"] == f"{BASE}/items/deux"
    assert "secret" not in json.dumps(made)
    assert program("claire").get(CAVE)["total"] == 1


def test_only_the_author_changes_a_text(program: Programs) -> None:
    claire, zoe = program("claire"), program("zoe")
    made = claire.ask("POST", EAU, an_annotation_of()).json()["id"]
    assert zoe.ask("PUT", made, an_annotation_of()).status_code == 403
    assert zoe.ask("DELETE", made).status_code == 403
    assert program("claire", TokenScope.READ).ask("DELETE", made).status_code == 403
    assert program("claire", TokenScope.READ).ask("POST", EAU, an_annotation_of()).status_code == 403
    assert claire.ask("POST", CAVE, an_annotation_of(f"{BASE}{EAU}c")).status_code == 400
    assert claire.get(made)["body"][0]["value"] == "À relire"


def test_a_right_that_was_just_taken_away_is_gone(program: Programs, library: Library) -> None:
    claire = program("claire")
    made = claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret")).json()["id"]
    set_role(library, OPERATOR, "cave", "claire", Role.READER)
    assert claire.ask("GET", made).status_code == 200
    for method in ("PUT", "DELETE"):
        assert claire.ask(method, made, an_annotation_of("https://exemple.fr/secret")).status_code == 403
    assert claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret")).status_code == 403
    remove_member(library, OPERATOR, "cave", "claire")
    for method in ("GET", "PUT", "DELETE"):
        assert claire.ask(method, made, an_annotation_of("https://exemple.fr/secret")).status_code == 404
    assert claire.ask("POST", CAVE, an_annotation_of()).status_code == 404


def test_of_two_changes_of_the_same_state_one_is_refused(program: Programs) -> None:
    claire = program("claire")
    made = claire.ask("POST", EAU, an_annotation_of())
    address, tag = made.json()["id"], made.headers["etag"]

    def change(number: int) -> int:
        sent = an_annotation_of(body={"value": f"Texte {number}"})
        return claire.ask("PUT", address, sent, If_Match=tag).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(4))) == [200, 412, 412, 412]
    # A reply changes the page of the item, not the annotation.
    tag = claire.ask("GET", address).headers["etag"]
    claire.ask("POST", EAU, an_annotation_of(address))
    assert claire.ask("PUT", address, an_annotation_of(body={"value": "Fin"}), If_Match=tag).status_code == 200


def test_the_same_request_with_its_key_writes_once(program: Programs, library: Library) -> None:
    claire, key = program("claire"), {"Idempotency-Key": "une-clef"}
    # Without a key, each request writes.
    others = {claire.ask("POST", EAU, an_annotation_of()).json()["id"] for _ in range(3)}
    assert len(others) == 3
    first = claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret"), **key)
    again = claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret"), **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
    assert claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/autre"), **key).status_code == 422
    set_role(library, OPERATOR, "cave", "claire", Role.READER)
    assert claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret"), **key).status_code == 403
    remove_member(library, OPERATOR, "cave", "claire")
    assert claire.ask("POST", CAVE, an_annotation_of("https://exemple.fr/secret"), **key).status_code == 404


def test_what_was_sent_is_the_users_and_goes_with_the_item(program: Programs, library: Library) -> None:
    made = program("claire").ask("POST", EAU, an_annotation_of("https://exemple.fr/neuf", canonical="urn:x:1")).json()
    claire = as_(library, "claire")

    def rows() -> list[dict[str, Any]]:
        with library.store.read() as reading:
            return STORE.personal_data(reading.connection, claire.user_id or "")

    part_id = made["id"].rpartition("/")[2]
    assert rows() == [{"annotation": part_id, "canonical": "urn:x:1"}]
    item_id = annotation_or_reply(library, claire, part_id).item.id
    removal = remove_content(library, claire, item_id)
    assert len(rows()) == 1
    delete_content_permanently(library, OPERATOR, removal.id)
    assert rows() == []
