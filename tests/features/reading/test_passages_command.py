"""`kb passages check` reads pages again, and prints those where the text under a passage has changed."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.site import open_store
from tests.conftest import Kb
from tests.factories.items import a_group, an_annotation, an_item
from tests.fixtures.news_site import Press, Printed, a_press

OPENING = "La piscine municipale rouvrira le 12 mars, après deux ans de travaux et de retards."
BEFORE = "Le conseil municipal a voté les tarifs des entrées à l’unanimité, moins une abstention."
AFTER = "Les scolaires auront trois créneaux réservés chaque semaine, le matin et l’après-midi."


def a_page(*paragraphs: str) -> Printed:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return Printed(f"<!DOCTYPE html><title>Piscine</title><main><article>{body}</article></main>".encode())


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with a_press() as press:
        yield press


@pytest.fixture
def fetching(kb: Kb) -> Kb:
    variables = {"KB_FETCH": "on", "KB_FETCH_LOOPBACK": "allow", "KB_LANGUAGE": "en"}
    return replace(kb, variables={**kb.variables, **variables})


def fill(kb: Kb, press: Press) -> None:
    assert kb("migrate").code == 0
    group = a_group("lectures")
    with closing(open_store(kb.settings.store_url)) as store, store.write() as writing:
        writing.groups.add(group)
        for name, quote in (("piscine", OPENING), ("tarifs", BEFORE)):
            passage = an_annotation(id=f"a-{name}", quote=quote)
            address = press.address(f"/{name}.html")
            writing.items.add([an_item(name, id=name, url=address, group=group, annotations=(passage,))])
            writing.page_texts.put(name, "\n".join((BEFORE, OPENING, AFTER)))


def test_pages_with_changed_passages_are_printed(fetching: Kb, press: Press) -> None:
    fill(fetching, press)
    now = a_page(BEFORE, OPENING.replace("12 mars", "30 avril"), AFTER)
    press.pages.update({"/piscine.html": now, "/tarifs.html": now})
    answer = fetching("passages", "check")
    assert (answer.code, answer.out) == (0, "0 pages were read again.\n")
    answer = fetching("passages", "check", "--days", "0")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "piscine\t1 passage with other words\t0 passages gone\thttp://127.0.0.1:8000/items/piscine/versions",
        "2 pages were read again.",
    ]
    press.pages.update({"/piscine.html": a_page(BEFORE, AFTER, BEFORE.replace("entrées", "cours"))})
    del press.pages["/tarifs.html"]
    answer = fetching("passages", "check", "--days", "0", "--json")
    read = {one["item_id"]: one for one in json.loads(answer.out)}
    assert (read["piscine"]["lost"], read["piscine"]["failure"]) == (1, None)
    assert (read["tarifs"]["has_changed"], read["tarifs"]["failure"]) == (False, "gone")


def test_a_site_that_reads_no_pages_or_has_the_feature_off_says_so(kb: Kb, fetching: Kb) -> None:
    assert kb("migrate").code == 0
    answer = kb("passages", "check")
    assert (answer.code, answer.out) == (1, "")
    assert "KB_FETCH" in answer.err
    without = replace(fetching, variables={**fetching.variables, "KB_FEATURES": "all,-reading"})
    answer = without("passages", "check")
    assert answer.code == 2
    assert "reading" in answer.err
