"""Owners change a webhook, which keeps its secret and its log."""

import json
from dataclasses import replace

import pytest

from kb.errors import Forbidden, Invalid, NotFound
from kb.features.webhooks.group_webhooks import (
    WebhookDraft,
    change_webhook,
    switch_webhook,
)
from kb.features.webhooks.webhook import (
    Shape,
    Webhook,
)
from kb.model.items.item_fields import AnnotationFields
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
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
    save,
    send_due,
)
from tests.support.browser_sessions import browsers_of
from tests.support.browser_sessions import send as send_form


def changed_by(library: Library, webhook: Webhook, draft: WebhookDraft) -> Webhook:
    change_webhook(library, actor_of(library, "olga"), "quais", webhook.id, draft)
    (after,) = known_webhooks(library)
    return after


def test_a_changed_webhook_keeps_its_secret_its_log_and_what_it_has_told(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    save(library, "Avant")
    assert deliver(library, receiver) == 1
    after = changed_by(library, webhook, replace(PROGRAM, name=" Le  salon ", with_passages=False))
    assert after == replace(
        webhook, address=PROGRAM.address, shape=Shape.JSON, name="Le salon", with_passages=False,
        position=after.position,
    )  # fmt: skip
    assert len(deliveries(library)) == 1
    assert deliver(library, receiver) == 0
    save(library, "Après")
    assert deliver(library, receiver) == 1
    address, body, _ = receiver.received[-1]
    assert address == PROGRAM.address
    assert [item["title"] for item in json.loads(body)["data"]["items"]] == ["Après"]


def test_another_search_of_a_webhook_tells_what_is_new_from_then_on(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    save(library, "Déjà là", tags=["neuf"])
    deliver(library, receiver)
    changed_by(library, webhook, replace(CHAT, parameters="tag=neuf"))
    assert deliver(library, receiver) == 0
    save(library, "Sans le mot-clé")
    assert deliver(library, receiver) == 0
    save(library, "Avec lui", tags=["neuf"])
    assert deliver(library, receiver) == 1
    assert "Avec lui" in receiver.text
    assert "Déjà là" not in receiver.text


def test_what_waits_goes_to_the_new_address_of_a_webhook(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    save(library, "Une nouvelle")
    receiver.status = 500
    assert deliver(library, receiver) == 1
    assert send_due(library, receiver) == 0
    receiver.status = 200
    changed_by(library, webhook, replace(CHAT, address=PROGRAM.address))
    assert send_due(library, receiver) == 1
    assert receiver.received[-1][0] == PROGRAM.address


@pytest.mark.parametrize("by_site", [True, False])
def test_a_new_address_switches_on_what_the_site_had_switched_off(
    library: Library, receiver: Receiver, *, by_site: bool
) -> None:
    webhook = follow_by(library)
    if by_site:
        save(library, "Une nouvelle")
        receiver.status = 410
        deliver(library, receiver)
    else:
        switch_webhook(library, actor_of(library, "olga"), "quais", webhook.id, is_on=False)
    (off,) = known_webhooks(library)
    assert not off.is_on
    assert changed_by(library, off, replace(CHAT, name="Salon")).is_on is False
    after = changed_by(library, off, replace(CHAT, address=PROGRAM.address))
    assert (after.is_on, after.failure) == (by_site, "")


def test_passages_that_are_not_told_any_more_do_not_wait(library: Library, receiver: Receiver) -> None:
    webhook = follow_by(library)
    write_annotation(library, actor_of(library, "claire"), "i1", AnnotationFields(quote="À taire."))
    changed_by(library, webhook, replace(CHAT, with_passages=False))
    changed_by(library, webhook, CHAT)
    assert deliver(library, receiver) == 0


def test_a_change_of_a_webhook_is_checked_as_a_new_one(library: Library) -> None:
    webhook = follow_by(library)
    olga = actor_of(library, "olga")
    for refused in (
        replace(CHAT, address="http://10.0.0.1/"),
        replace(CHAT, shape="rien"),
        replace(CHAT, language="xx"),
        replace(CHAT, name="n" * 101),
        replace(CHAT, parameters="sort=rien"),
    ):
        with pytest.raises(Invalid):
            change_webhook(library, olga, "quais", webhook.id, refused)
    for login in ("claire", "max"):
        with pytest.raises(Forbidden):
            change_webhook(library, actor_of(library, login), "quais", webhook.id, CHAT)
    for unknown in ("rien", "\0"):
        with pytest.raises(NotFound):
            change_webhook(library, olga, "quais", unknown, CHAT)
    assert known_webhooks(library) == (webhook,)


def test_the_page_changes_a_webhook(library: Library) -> None:
    browser = browsers_of(library, ("olga",))["olga"]
    webhook = follow_by(library, replace(CHAT, parameters="tag=port"))
    form = browser.get(f"{PAGE}?q=agents&edit={webhook.id}").text
    assert f'value="{CHAT.address}"' in form
    assert 'value="tag=port"' in form
    assert 'value="q=agents" checked' in form
    fields = {"act": "change", "id": webhook.id, "shape": "matrix", "language": "en", "name": "Le quai"}
    refused = send_form(browser, PAGE, url="http://10.0.0.1/", parameters="tag=port", **fields)
    assert refused.status_code == 400
    assert 'name="id" value="' + webhook.id in refused.text
    assert 'value="http://10.0.0.1/"' in refused.text
    assert 'name="passages" value="on">' in refused.text
    assert send_form(browser, PAGE, url=PROGRAM.address, parameters="", **fields).status_code == 303
    (after,) = known_webhooks(library)
    assert (after.name, after.address, after.shape, after.with_passages) == (
        "Le quai", PROGRAM.address, Shape.MATRIX, False,
    )  # fmt: skip
    page = browser.get(PAGE).text
    assert "Le quai</h2>" in page
    assert webhook.secret in page
    assert send_form(browser, PAGE, **{**fields, "id": "rien"}, url=CHAT.address).status_code == 404
