"""Webhooks: what is told to other sites, to whom, and what happens when they do not answer."""

import base64
import hmac
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.features.webhooks.delivery_task import claim_due, deliver_until_stopped, queue_messages
from kb.features.webhooks.group_webhooks import (
    add_webhook,
    remove_webhook,
    switch_webhook,
    webhooks_of_group,
)
from kb.features.webhooks.records import MOST_WAITING_PASSAGES, Webhooks, WebhooksReading
from kb.features.webhooks.tables import webhook_passages
from kb.features.webhooks.webhook import (
    MOST_LOGGED,
    MOST_NAMED,
    MOST_WEBHOOKS,
    RETRY_DELAYS,
    Delivery,
    Webhook,
)
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.web_pages.page_facts import FetchFailure
from kb.search.percolator import KnownPlans
from kb.services.annotations.annotations import write_annotation
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.followed_searches.matching import bring_up_to_date
from kb.services.groups.group_states import delete_group
from kb.services.item_actions.bulk_actions import tag_items
from kb.services.item_actions.move_and_copy import move_item
from kb.services.moderation.moderation_actions import hide_content
from kb.settings import Settings
from tests.checkers.recorded_queries import executed_statements
from tests.factories.items import an_annotation
from tests.factories.moderation import actor_of
from tests.features.webhooks.webhook_steps import (
    CHAT,
    PAGE,
    PROGRAM,
    Receiver,
    deliver,
    deliveries,
    follow_by,
    known_webhooks,
    make_due,
    queue,
    save,
    send_due,
)
from tests.support.browser_sessions import browsers_of
from tests.support.browser_sessions import send as send_form


def test_a_new_item_is_told_once_and_what_was_there_is_not(library: Library, receiver: Receiver) -> None:
    follow_by(library)
    assert deliver(library, receiver) == 0
    save(library, "Le quai des brumes", source="Ouest *France*")
    assert deliver(library, receiver) == 1
    assert receiver.text.startswith("**1 nouveau signet dans [Quais](<")
    assert "[Le quai des brumes](<" in receiver.text
    assert r"Ouest \*France\*" in receiver.text
    tag_items(library, actor_of(library, "claire"), ["i1"], add=["neuf"], remove=[])
    assert deliver(library, receiver) == 0


def test_a_search_tells_what_it_finds_first(library: Library, receiver: Receiver) -> None:
    follow_by(library, replace(CHAT, parameters="tag=neuf"))
    save(library, "Sans le mot-clé")
    assert deliver(library, receiver) == 0
    tag_items(library, actor_of(library, "claire"), ["i1"], add=["neuf"], remove=[])
    assert deliver(library, receiver) == 1
    assert "Le port au petit matin" in receiver.text


def test_new_passages_are_told_if_wanted_and_private_notes_never(library: Library, receiver: Receiver) -> None:
    follow_by(library)
    follow_by(library, replace(PROGRAM, with_passages=False))
    claire = actor_of(library, "claire")
    write_annotation(library, claire, "i1", AnnotationFields(quote="Un quai\nde pierre.", body="Pour @max."))
    write_private_note(library, claire, "i2", AnnotationFields(quote="Secret.", body="Secret."))
    assert deliver(library, receiver) == 1
    assert receiver.text.startswith("**1 nouveau passage dans")
    assert "> Un quai de pierre." in receiver.text
    assert "Secret" not in receiver.text
    assert deliver(library, receiver) == 0


def test_passages_of_items_outside_the_search_are_not_told(library: Library, receiver: Receiver) -> None:
    follow_by(library, replace(CHAT, parameters="tag=port"))
    claire = actor_of(library, "claire")
    write_annotation(library, claire, "i2", AnnotationFields(quote="Ailleurs."))
    assert deliver(library, receiver) == 0
    write_annotation(library, claire, "i1", AnnotationFields(quote="Ici."))
    assert deliver(library, receiver) == 1
    assert "Ici" in receiver.text
    assert "Ailleurs" not in receiver.text


def test_a_program_gets_json_with_a_signature(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library, PROGRAM)
    save(library, "Le phare", tags=["mer"], url="https://exemple.fr/phare", annotations=[an_annotation("Allumé.")])
    deliver(library, receiver)
    address, body, headers = receiver.received[0]
    message = json.loads(body)
    (item,) = message["data"]["items"]
    assert (address, message["type"], message["data"]["group"]["slug"]) == (PROGRAM.address, "new", "quais")
    assert (item["title"], item["url"], item["tags"]) == ("Le phare", "https://exemple.fr/phare", ["mer"])
    assert item["annotations"][0]["quote"] == "Allumé."
    key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"


def test_what_a_source_does_not_allow_is_not_passed_on(library: Library, receiver: Receiver) -> None:
    strict = replace(library, settings=replace(library.settings, quotation="link"))
    follow_by(strict)
    passage = an_annotation("Un long passage.", body="Mon avis.")
    save(strict, "Le phare", source="Ouest-France", description="Le début.", annotations=[passage])
    assert deliver(strict, receiver) == 1
    assert "Le phare" in receiver.text
    assert "Mon avis" in receiver.text
    assert "passage" not in receiver.text


@pytest.mark.parametrize("leave", ["hidden", "moved", "group deleted"])
def test_what_left_before_the_sending_is_not_sent(library: Library, receiver: Receiver, leave: str) -> None:
    follow_by(library)
    item_id = save(library, "À cacher")
    queue(library)
    match leave:
        case "hidden":
            hide_content(library, actor_of(library, "max"), item_id)
        case "moved":
            move_item(library, actor_of(library, "claire"), item_id, "~claire")
        case _:
            delete_group(library, actor_of(library, "olga"), "quais")
    send_due(library, receiver)
    assert receiver.received == []
    if leave != "group deleted":
        assert [one.status for one in deliveries(library)] == ["nothing"]


def test_a_site_that_does_not_answer_is_tried_again_and_then_switched_off(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    receiver.status = FetchFailure.TIMEOUT
    save(library, "Jamais reçu")
    deliver(library, receiver)
    for _ in RETRY_DELAYS:
        save(library, f"Entre-temps {len(receiver.received)}")
        make_due(library)
        deliver(library, receiver)
    assert len(receiver.received) == len(RETRY_DELAYS) + 1
    assert len({headers["Webhook-Id"] for _, _, headers in receiver.received}) == 1
    (known,) = known_webhooks(library)
    assert (known.is_on, known.failure) == (False, "timeout")
    assert deliver(library, receiver) == 0
    receiver.status = 204
    switch_webhook(library, actor_of(library, "olga"), "quais", webhook.id, is_on=True)
    assert deliver(library, receiver) == 1
    assert receiver.text.startswith("**4 nouveaux signets")


def test_a_receiver_that_is_gone_is_not_asked_again(library: Library, receiver: Receiver) -> None:
    follow_by(library)
    receiver.status = 410
    save(library, "Adieu")
    deliver(library, receiver)
    assert [(one.is_on, one.failure) for one in known_webhooks(library)] == [(False, "410")]


def test_a_dead_site_holds_up_no_other(library: Library) -> None:
    follow_by(library)
    follow_by(library, PROGRAM)
    save(library, "Pour tous")
    queue(library)
    claimed = claim_due(library, {"chat.exemple.fr": "?"}, 8)
    assert [address for _, address in claimed] == [PROGRAM.address]
    assert claim_due(library, {"chat.exemple.fr": "?"}, 8) == []


def wait_for_sending(library: Library, webhook: Webhook, group_id: str, host: str, number: int, at: str) -> None:
    """Webhooks of a group with the same host, each with a message that waits."""
    with library.store.write() as writing:
        records = Webhooks(writing.connection)
        for n in range(number):
            id_ = f"{host} {n}"
            records.put(replace(webhook, id=id_, group_id=group_id, address=f"https://{host}/{n}"))
            records.put_delivery(Delivery(id_, id_, group_id, False, ("i1",), (), 0, at, 0, at))


def test_a_slow_site_with_many_webhooks_holds_up_no_other(library: Library) -> None:
    webhook = follow_by(library)
    wait_for_sending(library, webhook, "g-lent", "lent.exemple.fr", 100, "2026-01-01T00:00:00Z")
    wait_for_sending(library, webhook, "g-vif", "vif.exemple.fr", 1, "2026-01-02T00:00:00Z")
    claimed = claim_due(library, {"lent.exemple.fr": "g-lent"}, 7)
    assert [address for _, address in claimed] == ["https://vif.exemple.fr/0"]


def test_the_sites_of_one_group_leave_room_for_those_of_others(library: Library) -> None:
    webhook = follow_by(library)
    for n in range(4):
        wait_for_sending(library, webhook, "g-grand", f"lent{n}.exemple.fr", 1, f"2026-01-0{n + 1}T00:00:00Z")
    wait_for_sending(library, webhook, "g-petit", "vif.exemple.fr", 1, "2026-01-08T00:00:00Z")
    hosts = [address.split("/")[2] for _, address in claim_due(library, {}, 8)]
    assert hosts == ["lent0.exemple.fr", "lent1.exemple.fr", "vif.exemple.fr"]
    busy = {"lent0.exemple.fr": "g-grand", "lent1.exemple.fr": "g-grand"}
    assert claim_due(library, busy, 6) == []


def test_an_import_is_one_short_message(library: Library, receiver: Receiver) -> None:
    for draft in (CHAT, PROGRAM, replace(CHAT, shape="matrix", address="https://pont.exemple.fr/x")):
        follow_by(library, draft)
    long = "*[titre](http://x) @channel " + "é" * 3000
    for number in range(MOST_NAMED + 5):
        passages = [an_annotation(long, id=f"p{number}")]
        save(library, f"{number} {long}", id=f"n{number}", source=long, annotations=passages)
    assert deliver(library, receiver) == 3
    for _, body, _ in receiver.received:
        message = json.loads(body)
        assert len(body) <= 64 * 1024
        texts = [message[name] for name in ("text", "html") if name in message]
        for text in texts:
            assert len(text) < 16_383
            assert "@channel" not in text
            assert "*[titre](http" not in text.replace("\\*", "").replace("\\[", "") or "<p>" in text
            assert "autres" in text[-40:]
        if not texts:
            assert message["data"]["others"] + len(message["data"]["items"]) == MOST_NAMED + 5
    assert deliver(library, receiver) == 0


def test_both_texts_of_a_message_together_have_a_bound_in_bytes(library: Library, receiver: Receiver) -> None:
    follow_by(library, replace(CHAT, shape="matrix"))
    long = "🌊" * 3000
    for number in range(MOST_NAMED):
        save(library, f"{number} {long}", id=f"n{number}", source=long, annotations=[an_annotation(long)])
    assert deliver(library, receiver) == 1
    body = receiver.received[0][1]
    message = json.loads(body)
    assert 40 * 1024 < len(body) <= 64 * 1024
    assert message["text"].count("\n- [") == message["html"].count("<blockquote>")


def test_messages_of_a_webhook_have_a_pause_between_them(library: Library, receiver: Receiver) -> None:
    follow_by(library)
    save(library, "Premier")
    deliver(library, receiver)
    save(library, "Deuxième")
    catch_up(library)
    bring_up_to_date(library)
    assert queue_messages(library, KnownPlans()) == 0
    assert queue_messages(library, KnownPlans(), quiet=0) == 1


def test_webhooks_with_nothing_new_cost_no_query_each(library: Library) -> None:
    follow_by(library)
    queue(library)

    def statements() -> int:
        with executed_statements() as executed:
            assert queue_messages(library, KnownPlans(), quiet=0) == 0
        return len(executed)

    alone = statements()
    for _ in range(3):
        follow_by(library)
    assert statements() == alone


def test_the_log_and_what_waits_have_bounds(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    for number in range(MOST_LOGGED + 3):
        save(library, f"N° {number}", id=f"l{number}")
        deliver(library, receiver)
    assert len(deliveries(library)) == MOST_LOGGED
    with library.store.write() as writing:
        row = {"webhook_id": webhook.id, "group_id": webhook.group_id, "item_id": "i1"}
        rows = [{**row, "annotation_id": f"w{number}"} for number in range(MOST_WAITING_PASSAGES)]
        writing.connection.execute(insert(webhook_passages), rows)
    write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(quote="De trop."))
    with library.store.read() as reading:
        waiting = WebhooksReading(reading.connection).waiting_passages([webhook.id])
    assert len(waiting[webhook.id]) == MOST_WAITING_PASSAGES


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/x", "https://10.0.0.1/", "http://localhost/", "ftp://exemple.fr/", "https://a:b@exemple.fr/",
     "https://exemple.fr:22/", "https://chat.internal/", "", "https://exemple.fr/" + "a" * 1000],
)  # fmt: skip
def test_other_addresses_are_refused(library: Library, address: str) -> None:
    with pytest.raises(Invalid):
        follow_by(library, replace(CHAT, address=address))


def test_only_owners_have_webhooks_and_a_personal_library_has_none(library: Library) -> None:
    for login in ("claire", "max", "sam"):
        with pytest.raises(Forbidden):
            add_webhook(library, actor_of(library, login), "quais", CHAT)
    with pytest.raises(Forbidden):
        add_webhook(library, actor_of(library, "claire"), "~claire", CHAT)
    webhook = follow_by(library)
    with pytest.raises(Forbidden):
        webhooks_of_group(library, actor_of(library, "max"), "quais")
    with pytest.raises(NotFound):
        remove_webhook(library, actor_of(library, "olga"), "quais", "rien")
    for _ in range(MOST_WEBHOOKS - 1):
        follow_by(library)
    with library.store.read() as reading:
        followed = reading.followed_searches.count()
    with pytest.raises(Conflict):
        add_webhook(library, actor_of(library, "olga"), "quais", replace(CHAT, parameters="q=refusée"))
    with library.store.read() as reading:
        assert reading.followed_searches.count() == followed
    remove_webhook(library, actor_of(library, "olga"), "quais", webhook.id)
    assert len(known_webhooks(library)) == MOST_WEBHOOKS - 1


def test_the_page_makes_tests_and_removes_a_webhook(library: Library, receiver: Receiver) -> None:
    browser: TestClient = browsers_of(library, ("olga",))["olga"]
    assert "« agents »" in browser.get(f"{PAGE}?q=agents&tag=port").text.replace("\u202f", " ")
    fields = {"url": CHAT.address, "shape": "mattermost", "language": "fr", "parameters": "tag=port"}
    assert send_form(browser, PAGE, act="add", **fields).status_code == 303
    (webhook,) = known_webhooks(library)
    page = browser.get(PAGE)
    assert page.headers["Cache-Control"] == "no-store"
    assert "chat.exemple.fr" in page.text
    send_form(browser, PAGE, act="test", id=webhook.id)
    send_due(library, receiver)
    assert receiver.text.startswith("**Essai de ")
    assert "reçu" in browser.get(PAGE).text
    refused = send_form(browser, PAGE, act="add", **{**fields, "url": "http://10.0.0.1/"})
    assert refused.status_code == 400
    assert "http://10.0.0.1/" in refused.text
    send_form(browser, PAGE, act="remove", id=webhook.id)
    assert known_webhooks(library) == ()


def test_tests_of_a_webhook_have_a_pace(library: Library, receiver: Receiver) -> None:
    first, second = follow_by(library), follow_by(library, PROGRAM)
    browser = browsers_of(library, ("olga",))["olga"]
    assert send_form(browser, PAGE, act="test", id=first.id).status_code == 303
    assert send_form(browser, PAGE, act="test", id=first.id).status_code == 409
    assert send_due(library, receiver) == 1
    refused = send_form(browser, PAGE, act="test", id=first.id)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 11
    assert send_form(browser, PAGE, act="test", id=second.id).status_code == 303
    with library.store.write() as writing:
        writing.rate_limits.purge(time.time() + 10)
    assert send_form(browser, PAGE, act="test", id=first.id).status_code == 303
    assert send_due(library, receiver) == 2


def test_the_task_sends_until_it_is_stopped(library: Library, receiver: Receiver) -> None:
    follow_by(library)
    save(library, "Par la tâche")
    catch_up(library)
    bring_up_to_date(library)
    stop = threading.Event()

    def receive_and_stop(address: str, body: bytes, headers: Sequence[tuple[str, str]], settings: Settings) -> int:
        stop.set()
        library.store.wake_listeners()
        return receiver(address, body, headers, settings)

    deliver_until_stopped(library, stop, receive_and_stop)
    assert [address for address, _, _ in receiver.received] == [CHAT.address]
    assert [one.status for one in deliveries(library)] == ["200"]


def test_the_page_says_why_an_address_is_refused_and_what_became_of_a_test(
    library: Library, receiver: Receiver
) -> None:
    webhook = follow_by(library)
    browser = browsers_of(library, ("olga",))["olga"]
    fields = {"act": "change", "id": webhook.id, "shape": "json", "language": "fr"}
    refused = send_form(browser, PAGE, url="http://10.0.0.1/", **fields).text
    assert "n’envoie qu’à des sites du web public" in refused
    receiver.status = FetchFailure.REFUSED
    send_form(browser, PAGE, act="test", id=webhook.id)
    send_due(library, receiver)
    page = browser.get(PAGE).text.replace("\u202f", " ")
    assert re.search(r"\d\d:\d\d</time> : Essai – Ce site n’envoie qu’à", page)
