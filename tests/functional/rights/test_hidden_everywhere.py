"""Hidden or removed content appears nowhere: on no page, and in no feed, count, citation, export or API answer.

The same site is requested before some content is added, and after the content was added and removed: the answers are
equal.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up, check_index
from kb.model.items.moderation import Removal
from kb.model.saved_search import SavedSearch
from kb.services.core.library import Library
from kb.services.items.related_items import similar_items
from kb.services.moderation.moderation_actions import hide_content, remove_content, restore_content
from kb.site import create_app
from tests.factories.import_export import exported_lines
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library
from tests.support.browser_sessions import PASSWORD, sign_in

pytestmark = pytest.mark.usefixtures("impatient")

WORD = "ornithorynque"
PARTS = (("out", None), ("i1", "x1"), ("i1", "x4"), ("i1", "x2"))
"""The removed content: an item, a passage with a reply, a reply, and the comment to which it replied."""
TEXTS = (f"Le port de l’{WORD}", f"Un {WORD} au port", f"Quel {WORD}", "Port d’attache", f"Étienne {WORD}")

ADDRESSES = (
    *("/", "/search", f"/search?q={WORD}", f"/search?q={WORD}&view=passages", "/search?author=etienne", "/search.atom"),
    *(f"/search.rss?q={WORD}", f"/search.json?q={WORD}", f"/suggest?q={WORD[:6]}", "/suggest?q=etie", "/saved"),
    *("/saved.opml", "/saved/veille", "/saved/veille.atom", "/saved/veille.json", "/g/quais", "/g/quais.rss"),
    *("/g/quais.atom", "/g/quais.json", "/g/quais.opml", "/g/quais?view=passages", "/g/quais/tags", "/g/quais/members"),
    *(f"/g/quais/tag/{WORD}", "/g/quais/tag/port", "/items/i1", "/items/i1/cite", "/items/out", "/items/out/cite"),
    *("/items/i1/cite?passage=x1", "/items/i1/cite?passage=x4", "/items/i1?q=phare", "/items/i2"),
    *(
        "/search?q=port",
        "/search?q=port&view=passages",
        f"/search?q={quote('ornithorinque')}",
        "/search?q=port&tag=port",
    ),
    *(
        "/api/v1/search",
        f"/api/v1/search?q={WORD}",
        "/api/v1/search?view=passages",
        "/api/v1/items",
        "/api/v1/items/i1",
    ),
    *("/api/v1/items/out", "/api/v1/items/i1/annotations", "/api/v1/items/out/annotations", "/api/v1/groups"),
    *("/api/v1/groups/quais", "/api/v1/tags", "/api/v1/saved-searches", "/api/v1/saved-searches/veille"),
)
ASKERS = ("", "claire")
_INSTANTS = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|\w{3}, \d\d \w{3} 20\d\d [\d:]+ \w+|took_ms\W+[\d.]+")

Taking = Callable[..., Removal]


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        with library.store.write() as writing:
            group = writing.groups.by_slug("quais")
            assert group is not None
            writing.saved_searches.add(
                SavedSearch.of("veille", group.id, "Veille", "q=port", "2015-01-01T00:00:00.000000Z")
            )
            # This item changes in any case, whatever is done to its annotations.
            writing.contributions.mark_changed(["i1"])
        catch_up(library)
        yield library


def fill(library: Library) -> None:
    """Add the content that will be removed; all of its texts contain WORD."""
    etienne = a_user("etienne", f"Étienne {WORD}")
    passage = an_annotation(
        f"Un {WORD} au port.", id="x1", author=etienne, replies=[a_reply(f"Quel {WORD} !", id="x3")]
    )
    comment = an_annotation(None, id="x2", body="Port d’attache.", replies=[a_reply(WORD, id="x4", author=etienne)])
    with library.store.write() as writing:
        writing.users.add([etienne])
        item = writing.items.any_of(["i1"])["i1"]
        writing.items.update([replace(item, annotations=(*item.annotations, passage, comment))])
    add_items(
        library,
        an_item(
            f"Le port de l’{WORD}", id="out", group=item.group_id, order=90, tags=["port", WORD], source=WORD,
            byline=WORD, description=WORD, url=f"https://exemple.fr/{WORD}", language="fr", added="2014-05-05",
            annotations=[an_annotation(f"Port {WORD}.", id="x5")],
        ),
    )  # fmt: skip
    catch_up(library)


def take_out(library: Library, taking: Taking) -> list[Removal]:
    return [taking(library, OPERATOR, item_id, part) for item_id, part in PARTS]


def answers(library: Library) -> Mapping[tuple[str, str], tuple[int, str]]:
    """The answer to each user at each address, without timestamps and form tokens."""
    answers_seen: dict[tuple[str, str], tuple[int, str]] = {}
    app = create_app(library)
    with ExitStack() as opened:
        for login in ASKERS:
            client = opened.enter_context(TestClient(app, follow_redirects=False))
            if login:
                sign_in(client, login, PASSWORD)
            for address in ADDRESSES:
                answer = client.get(address)
                text = re.sub(r'name="form_token" value="\w+"', "", _INSTANTS.sub("", answer.text))
                answers_seen[login, address] = (answer.status_code, text)
    return answers_seen


@pytest.mark.parametrize("taking", [hide_content, remove_content], ids=lambda function: function.__name__)
def test_answers_are_as_if_hidden_content_did_not_exist(library: Library, taking: Taking) -> None:
    without, export = answers(library), exported_lines(library)
    fill(library)
    within, whole = answers(library), exported_lines(library)
    changed = {address for (login, address), answer in within.items() if answer != without[login, address]}
    # The comparison detects the content while it is visible.
    assert len(changed) > 30
    out = take_out(library, taking)
    catch_up(library)
    assert exported_lines(library) == export
    with TestClient(create_app(library), follow_redirects=False) as client:
        assert client.get("/items/out/go").status_code == 404
    after = answers(library)
    for key, answer in without.items():
        assert after[key] == answer, key
    assert check_index(library).is_clean
    assert [item.item.id for item in similar_items(library, OPERATOR, "i2")] == []
    for removal in reversed(out):
        restore_content(library, OPERATOR, removal.id)
    catch_up(library)
    assert exported_lines(library) == whole
    again = answers(library)
    for key, answer in within.items():
        assert again[key] == answer, key
    assert check_index(library).is_clean


def test_a_lagging_index_shows_no_hidden_content(library: Library) -> None:
    fill(library)
    take_out(library, hide_content)
    for key, (_, text) in answers(library).items():
        for hostile_text in TEXTS[:4]:
            assert hostile_text not in text, key
