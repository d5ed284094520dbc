"""Background fetches: requests, results, and the fields that an item takes from its page."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Invalid, LoginNeeded, NotFound, RateLimited
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.services.items.item_creation import save_item
from kb.services.moderation.moderation_actions import delete_content_permanently, remove_content
from kb.services.page_fetch import fetch_requests
from kb.services.page_fetch.background_fetch import FETCH_RETRY_DELAYS, claim_fetches, run_fetch
from kb.services.page_fetch.fetch_requests import own_fetch, request_page_fetch
from kb.services.undo.undo import undo_action
from kb.store import Rate
from kb.store.database.clock import timestamp_in
from tests.factories.group import as_
from tests.factories.page import AGENTS, Web, a_page, work_off
from tests.support.browser_sessions import a_library_of

NOTHING = Web({})


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        yield library


def save_waiting_item(library: Library, fetch_id: str | None = None, **fields: str) -> Item:
    """Save an item of Claire that waits for its page."""
    claire = as_(library, "claire")
    item_fields = ItemFields(**{"url": AGENTS, "title": "", **fields})  # type: ignore[arg-type]
    return save_item(library, claire, "~claire", item_fields, fetch_id=fetch_id).item


def now(library: Library, item: Item) -> Item:
    with library.store.read() as reading:
        return reading.items.any_of([item.id])[item.id]


def state_of(library: Library, item: Item) -> Fetch:
    with library.store.read() as reading:
        fetch = reading.page_fetches.of_item(item.id)
    assert fetch is not None
    return fetch


def come_due(library: Library, fetch: Fetch) -> None:
    """Make the next try due."""
    with library.store.write() as writing:
        writing.page_fetches.update(replace(fetch, next_at=timestamp_in(seconds=-1)))


def test_a_requested_page_is_fetched_in_the_background_and_shown_to_its_user(library: Library) -> None:
    claire = as_(library, "claire")
    page = a_page(title="Les agents", keywords=("rh", "agents"), text="Un paragraphe.\nUn autre.")

    fetch = request_page_fetch(library, claire, "exemple.fr/agents")
    work_off(library, Web({AGENTS: page}))

    assert (fetch.state, fetch.address) == (FetchState.WAITING, AGENTS)
    assert own_fetch(library, claire, fetch.id).facts == page


def test_no_page_is_fetched_for_a_closed_account_nor_for_an_item_that_is_gone(library: Library) -> None:
    second_request = request_page_fetch(library, as_(library, "claire"), "exemple.fr/agents")
    item = save_item(library, as_(library, "paul"), "~paul", ItemFields(url=f"{AGENTS}?page=2")).item
    hidden = save_item(library, as_(library, "paul"), "~paul", ItemFields(url=f"{AGENTS}?page=3")).item
    close_account(library, OPERATOR, "claire", closed=True)
    for saved, is_deleted in ((item, True), (hidden, False)):
        removal = remove_content(library, OPERATOR, saved.id)
        if is_deleted:
            delete_content_permanently(library, OPERATOR, removal.id)
    # Only one page of a site is claimed at a time.
    claimed = [fetch.item_id for _ in range(3) for fetch in claim_fetches(library, (), 10)]
    assert claimed == [hidden.id]
    with library.store.read() as reading:
        fetch = reading.page_fetches.by_id(second_request.id)
    assert fetch is not None
    assert fetch.state is FetchState.FAILED


def test_page_fetches_of_other_users_are_invisible(library: Library) -> None:
    fetch = request_page_fetch(library, as_(library, "claire"), AGENTS)

    for actor in (as_(library, "paul"), ANONYMOUS):
        with pytest.raises((NotFound, LoginNeeded)):
            own_fetch(library, actor, fetch.id)
    assert request_page_fetch(library, as_(library, "paul"), AGENTS).id != fetch.id


def test_an_address_is_fetched_once_within_the_hour_unless_it_failed(library: Library) -> None:
    claire, web = as_(library, "claire"), Web({AGENTS: a_page()})

    first = request_page_fetch(library, claire, AGENTS)
    work_off(library, web)
    again = request_page_fetch(library, claire, "https://EXEMPLE.fr/agents")
    in_vain = request_page_fetch(library, claire, "https://exemple.fr/absente")
    work_off(library, web)

    assert again.id == first.id
    assert request_page_fetch(library, claire, "https://exemple.fr/absente").id != in_vain.id
    assert web.asked == {AGENTS: 1, "https://exemple.fr/absente": 1}


def test_a_non_http_address_fails_at_once_and_an_invalid_one_is_refused(library: Library) -> None:
    claire = as_(library, "claire")

    assert request_page_fetch(library, claire, "mailto:a@exemple.fr").failure is FetchFailure.ADDRESS
    with pytest.raises(Invalid):
        request_page_fetch(library, claire, "pas une adresse")
    with pytest.raises(LoginNeeded):
        request_page_fetch(library, ANONYMOUS, AGENTS)


def test_the_page_fetches_of_a_user_are_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_requests, "_REQUEST_RATE", Rate(2, 3600.0))
    claire = as_(library, "claire")
    for number in range(2):
        request_page_fetch(library, claire, f"https://exemple.fr/{number}")

    with pytest.raises(RateLimited):
        request_page_fetch(library, claire, "https://exemple.fr/2")
    assert request_page_fetch(library, as_(library, "paul"), "https://exemple.fr/2").state is FetchState.WAITING


def test_an_item_takes_from_its_page_what_it_lacks_and_nothing_else(library: Library) -> None:
    item = save_waiting_item(library, description="Mes mots.", title=AGENTS)
    page = a_page(
        title="Les agents publics",
        description="Ceux de la page.",
        byline="Sophie Point",
        published="2014-11",
        source="La Gazette",
        canonical_url="https://www.exemple.fr/agents/",
        text="La formation des agents, au conseil départemental.",
    )

    work_off(library, Web({AGENTS: page}))

    after = now(library, item)
    assert (after.title, after.description) == ("Les agents publics", "Mes mots.")
    assert (after.byline, after.published, after.source) == ("Sophie Point", "2014-11", "La Gazette")
    assert (after.linked_url, after.updated, after.language) == ("https://exemple.fr/agents", None, "fr")
    with library.store.read() as reading:
        assert reading.page_texts.of_item(item.id) == page.text


def test_the_language_of_an_item_is_detected_again_with_the_text_of_its_page(library: Library) -> None:
    item = save_waiting_item(library, title="Agents")
    page = a_page(
        text="The training of public agents is what this page is about, and how they are hired by the county."
    )

    work_off(library, Web({AGENTS: page}))

    assert (item.language, now(library, item).language, now(library, item).language_decided) == ("fr", "en", True)


def test_a_field_that_the_user_emptied_stays_empty(library: Library) -> None:
    web = Web({AGENTS: a_page(title="Les agents", description="Ceux de la page.", text="Des mots.")})
    fetch = request_page_fetch(library, as_(library, "claire"), AGENTS)
    work_off(library, web)

    item = save_waiting_item(library, fetch.id, title="Mon titre")
    work_off(library, web)

    assert (now(library, item).title, now(library, item).description) == ("Mon titre", None)
    assert web.asked == {AGENTS: 1}
    with library.store.read() as reading:
        assert reading.page_texts.of_item(item.id) == "Des mots."


def test_an_item_that_is_saved_before_its_page_came_waits_for_the_same_fetch(library: Library) -> None:
    fetch = request_page_fetch(library, as_(library, "claire"), AGENTS)
    web = Web({AGENTS: a_page(description="Ceux de la page.")})

    item = save_waiting_item(library, fetch.id, title="Mon titre")
    work_off(library, web)

    assert (state_of(library, item).id, web.asked) == (fetch.id, {AGENTS: 1})
    assert now(library, item).description == "Ceux de la page."


def test_the_fetch_of_another_user_fills_nothing(library: Library) -> None:
    theirs = request_page_fetch(library, as_(library, "paul"), AGENTS)

    item = save_waiting_item(library, theirs.id)

    assert state_of(library, item).id != theirs.id


def test_a_failure_that_may_pass_is_tried_again_and_given_up_in_the_end(library: Library) -> None:
    item = save_waiting_item(library)
    web = Web({AGENTS: FetchFailure.TIMEOUT})

    states = []
    for _ in range(len(FETCH_RETRY_DELAYS) + 1):
        work_off(library, web)
        states.append(state_of(library, item))
        come_due(library, states[-1])

    assert [(state.state, state.tries) for state in states[:2]] == [(FetchState.WAITING, 1), (FetchState.WAITING, 2)]
    assert (states[-1].state, states[-1].failure) == (FetchState.FAILED, FetchFailure.TIMEOUT)
    assert web.asked[AGENTS] == len(FETCH_RETRY_DELAYS) + 1
    assert work_off(library, web) == 0


def test_a_page_that_is_not_there_is_given_up_at_once(library: Library) -> None:
    item = save_waiting_item(library)

    work_off(library, NOTHING)

    assert (state_of(library, item).state, state_of(library, item).failure) == (FetchState.FAILED, FetchFailure.GONE)


def test_an_item_whose_address_was_changed_meanwhile_takes_nothing(library: Library) -> None:
    item = save_waiting_item(library)
    with library.store.write() as writing:
        writing.items.update([replace(item, url="https://exemple.fr/autre")])

    work_off(library, Web({AGENTS: a_page(title="Les agents", text="Des mots.")}))

    assert now(library, item).title is None
    with library.store.read() as reading:
        assert reading.page_texts.of_item(item.id) is None


def test_a_save_can_be_undone_after_the_fetch_completed_it(library: Library) -> None:
    claire = as_(library, "claire")
    saved = save_item(library, claire, "~claire", ItemFields(url=AGENTS))
    work_off(library, Web({AGENTS: a_page(title="Les agents", description="Ceux de la page.", text="Des mots.")}))

    undone = undo_action(library, claire, saved.undo or "")

    with library.store.read() as reading:
        assert (undone.not_undone, reading.items.any_of([saved.item.id])) == (0, {})
        assert reading.page_texts.of_item(saved.item.id) == "Des mots."


def test_fetches_claimed_by_a_killed_process_are_claimed_again_after_a_while(library: Library) -> None:
    item = save_waiting_item(library)
    (claimed,) = claim_fetches(library, (), 4)

    assert claim_fetches(library, (), 4) == ()
    come_due(library, claimed)
    (again,) = claim_fetches(library, (), 4)
    run_fetch(library, again, Web({AGENTS: a_page(title="Les agents")}))
    run_fetch(library, claimed, Web({AGENTS: a_page(title="Trop tard")}))

    assert now(library, item).title == "Les agents"
    assert state_of(library, item).state is FetchState.DONE


def test_one_page_of_a_site_is_fetched_at_a_time_and_a_form_comes_before_items(library: Library) -> None:
    save_waiting_item(library)
    claire = as_(library, "claire")
    for address in ("https://exemple.fr/deux", "https://autre.fr/un"):
        request_page_fetch(library, claire, address)

    first = claim_fetches(library, (), 4)

    assert [fetch.address for fetch in first] == ["https://exemple.fr/deux", "https://autre.fr/un"]
    assert [fetch.address for fetch in claim_fetches(library, ("autre.fr",), 4)] == [AGENTS]
    assert claim_fetches(library, ("exemple.fr",), 0) == ()
