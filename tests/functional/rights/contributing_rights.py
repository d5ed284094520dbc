"""The rights to save, annotate and organise; as `rights_table.py`."""

from collections.abc import Mapping

from tests.functional.rights.caller_rights import Right, Row

_LETTER = "/g/{group}/letters/{letter}"
_DRAFT = "/g/{group}/letters/lettre/drafts/draft-{group}"
CONTRIBUTING: Mapping[tuple[str, str], Row | tuple[Row, ...]] = {
    ("GET", "/g/{group}/dead-links"): Row("/g/{group}/dead-links", Right.CONTRIBUTE),
    ("GET", "/g/{group}/duplicates"): Row("/g/{group}/duplicates", Right.CONTRIBUTE),
    ("POST", "/g/{group}/duplicates"): Row("/g/{group}/duplicates", Right.CONTRIBUTE, {"keep": "{item}"}),
    ("POST", "/g/{group}/dead-links"): Row("/g/{group}/dead-links", Right.CONTRIBUTE, {"id": "{item}"}),
    ("GET", "/items/{id}/edit"): Row("/items/{item}/edit", Right.CONTRIBUTE),
    ("POST", "/items/{id}/edit"): Row("/items/{item}/edit", Right.CONTRIBUTE, {"title": "Autre titre", "read": "rien"}),
    ("POST", "/items/{id}/history"): Row("/items/{item}/history", Right.MODERATE, {"act": "delete", "number": "1"}),
    ("POST", "/items/{id}/versions"): Row("/items/{item}/versions", Right.CONTRIBUTE),
    ("GET", "/items/{id}/move"): Row("/items/{item}/move", Right.ASK),
    ("POST", "/items/{id}/move"): (
        Row("/items/{item}/move", Right.CONTRIBUTE, {"act": "move", "group": "{group}"}),
        Row("/items/{item}/move", Right.CONTRIBUTE, {"act": "copy", "group": "{group}"}),
    ),
    ("GET", "/later"): Row("/later", Right.PERSON),
    ("POST", "/later"): (
        Row("/later", Right.ASK, {"act": "later", "id": "{item}"}),
        Row("/later", Right.PERSON, {"act": "off", "id": "{item}"}),
    ),
    ("GET", "/g/{group}/import"): Row("/g/{group}/import", Right.CONTRIBUTE),
    ("POST", "/g/{group}/import"): Row("/g/{group}/import", Right.CONTRIBUTE, {"format": "auto"}),
    ("GET", "/g/{group}/lists"): Row("/g/{group}/lists", Right.READ),
    ("POST", "/g/{group}/lists"): Row("/g/{group}/lists", Right.CONTRIBUTE, {"name": "Une liste"}),
    ("GET", "/lists"): Row("/lists", Right.PERSON),
    ("POST", "/lists"): Row("/lists", Right.CONTRIBUTE, {"group": "{group}", "name": "Une liste"}),
    ("GET", "/lists/add"): Row("/lists/add?item={item}", Right.ASK, asks=True),
    ("POST", "/lists/add"): Row(
        "/lists/add", Right.ASK, {"item": "{item}", "list": "", "where": "own", "name": "À moi"}, asks=True
    ),
    ("GET", "/lists/{id}"): Row("/lists/{list}", Right.READ),
    ("GET", "/lists/{id}.{form}"): Row("/lists/{list}.atom", Right.READ),
    ("GET", "/lists/{id}/edit"): Row("/lists/{list}/edit", Right.CONTRIBUTE),
    ("POST", "/lists/{id}/edit"): (
        Row("/lists/{list}/edit", Right.CONTRIBUTE, {"act": "heading", "words": "Un intertitre"}),
        Row("/lists/{list}/edit", Right.MODERATE, {"act": "remove"}),
    ),
    ("GET", "/export"): Row("/export?format=jsonl", Right.ANYONE, shows=True),
    ("GET", "/g/{group}/export"): Row("/g/{group}/export?format=ris", Right.READ),
    ("GET", "/lists/{id}/export"): Row("/lists/{list}/export?format=html", Right.READ),
    ("GET", "/saved/{id}/export"): Row("/saved/{saved}/export?format=annotations", Right.READ),
    ("GET", "/lists/{id}/review"): Row("/lists/{list}/review", Right.READ),
    ("POST", "/lists/{id}/review"): Row("/lists/{list}/review", Right.CONTRIBUTE, {"title": "Revue", "made": "1"}),
    ("GET", "/lists/{id}/distribution"): Row("/lists/{list}/distribution", Right.MODERATE),
    ("POST", "/lists/{id}/distribution"): Row(
        "/lists/{list}/distribution",
        Right.MODERATE,
        {"group": "{group}", "day": "2026-01-01", "recipients": "12"},
    ),
    ("POST", "/lists/{id}/newsletter"): Row(
        "/lists/{list}/newsletter",
        Right.MODERATE,
        {"title": "Revue", "made": "1", "version": "1", "letter": "{group}/lettre"},
    ),
    ("GET", "/lists/{id}/review.{form}"): Row("/lists/{list}/review.md", Right.READ),
    ("GET", "/review"): Row("/review", Right.ANYONE, shows=True),
    ("POST", "/review"): Row("/review?item={item}", Right.PERSON),
    # Uploads of other users are not found.
    ("GET", "/imports/{id}"): Row("/imports/un-envoi", Right.PERSON, others=True),
    ("POST", "/imports/{id}"): Row("/imports/un-envoi", Right.PERSON, {"act": "forget"}, others=True),
    ("GET", "/items/{id}/annotate"): Row("/items/{item}/annotate", Right.CONTRIBUTE),
    ("POST", "/items/{id}/annotate"): (
        Row("/items/{item}/annotate", Right.CONTRIBUTE, {"kind": "passage", "quote": "Un autre passage."}),
        Row("/items/{item}/annotate", Right.CONTRIBUTE, {"kind": "comment", "body": "Un commentaire."}),
    ),
    ("GET", "/items/{id}/reply"): Row("/items/{item}/reply?to={annotation}", Right.CONTRIBUTE),
    ("POST", "/items/{id}/reply"): Row(
        "/items/{item}/reply", Right.CONTRIBUTE, {"to": "{annotation}", "body": "Une réponse."}
    ),
    ("GET", "/items/{id}/words"): Row("/items/{item}/words?part={annotation}", Right.OWN),
    ("POST", "/items/{id}/words"): Row(
        "/items/{item}/words", Right.OWN, {"part": "{annotation}", "quote": "Autre.", "r-quote": "Un passage {word}."}
    ),
    ("GET", "/items/{id}/private"): Row("/items/{item}/private", Right.ASK),
    ("POST", "/items/{id}/private"): Row("/items/{item}/private", Right.ASK, {"body": "Pour moi."}),
    ("POST", "/items/{id}/like"): (
        Row("/items/{item}/like", Right.CONTRIBUTE, {"like": "like {annotation}"}),
        Row("/items/{item}/like", Right.CONTRIBUTE, {"like": "unlike {annotation}"}),
    ),
    ("GET", "/g/{group}/letters"): Row("/g/{group}/letters", Right.READ),
    ("POST", "/g/{group}/letters"): Row("/g/{group}/letters", Right.MODERATE, {"name": "Neuve", "accent": "green"}),
    ("GET", f"{_LETTER}.atom"): Row("/g/{group}/letters/lettre.atom", Right.READ),
    ("GET", f"{_LETTER}/logo.png"): Row("/g/{group}/letters/lettre/logo.png", Right.READ),
    ("GET", _LETTER): Row("/g/{group}/letters/lettre", Right.READ),
    ("GET", f"{_LETTER}/"): Row("/g/{group}/letters/lettre/", Right.READ),
    ("POST", f"{_LETTER}/"): (
        Row("/g/{group}/letters/lettre/", Right.ASK, {"act": "subscribe"}),
        Row("/g/{group}/letters/lettre/", Right.ASK, {"act": "stop"}),
        Row("/g/{group}/letters/lettre/", Right.READ, {"act": "ask", "email": "zoe@exemple.org", "agrees": "on"}),
    ),
    ("GET", f"{_LETTER}/manage"): Row("/g/{group}/letters/lettre/manage", Right.MODERATE),
    ("POST", f"{_LETTER}/manage"): (
        Row(
            "/g/{group}/letters/lettre/manage",
            Right.MODERATE,
            {"act": "draft", "subject": "Neuf", "source": "list", "list": "l-{group}"},
        ),
        Row("/g/{group}/letters/lettre/manage", Right.MODERATE, {"act": "settings", "name": "Autre", "accent": "red"}),
        Row("/g/{group}/letters/lettre/manage", Right.MODERATE, {"act": "no-logo"}),
        Row("/g/{group}/letters/lettre/manage", Right.MANAGE, {"act": "remove-address", "id": "subscriber-{group}"}),
        Row("/g/{group}/letters/lettre/manage", Right.MANAGE, {"act": "remove", "sure": "on"}),
    ),
    ("GET", f"{_LETTER}/{{number}}"): Row("/g/{group}/letters/lettre/1", Right.READ),
    ("POST", f"{_LETTER}/{{number}}"): Row("/g/{group}/letters/lettre/1", Right.MODERATE),
    ("GET", f"{_LETTER}/drafts/{{issue}}"): Row(_DRAFT, Right.MODERATE),
    ("POST", f"{_LETTER}/drafts/{{issue}}"): (
        Row(_DRAFT, Right.MODERATE, {"act": "save", "subject": "Autre", "introduction": "", "list": "l-{group}"}),
        Row(_DRAFT, Right.MODERATE, {"act": "remove"}),
    ),
    ("GET", f"{_LETTER}/drafts/{{issue}}/preview"): Row(f"{_DRAFT}/preview", Right.MODERATE),
    ("GET", "/letters/confirm/{key}"): Row("/letters/confirm/stop-{group}", Right.ANYONE),
    ("POST", "/letters/confirm/{key}"): Row("/letters/confirm/stop-{group}", Right.ANYONE, {"a": "b"}, token=True),
    ("GET", "/letters/stop/{key}"): Row("/letters/stop/stop-{group}", Right.ANYONE),
    ("POST", "/letters/stop/{key}"): Row(
        "/letters/stop/stop-{group}", Right.ANYONE, {"List-Unsubscribe": "One-Click"}, token=True
    ),
    ("GET", "/static/newsletters/{name}"): Row("/static/newsletters/newsletters.css", Right.ANYONE),
}
