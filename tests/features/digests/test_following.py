"""Follow searches on the site: the form, the page of what one follows, what is new, and who sees it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Conflict, NotFound
from kb.features.digests import follows
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.email_follows import email_rhythms
from kb.features.digests.follows import FollowWish, counted_follows, follow_listing, own_follows, remove_follow
from kb.features.digests.records.follow_records import personal_follow_data
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.model.vocabulary import Vocabulary
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.core.library import Library
from kb.services.followed_searches.matching import bring_up_to_date
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import remove_member
from kb.services.tags.tag_edit import rename_tags
from kb.store.items.followed_searches import FollowedSearches
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library, actor_of
from tests.factories.vocabulary import a_concept
from tests.support.browser_sessions import browsers_of, send

FOLLOW = "/follow?feed=/g/quais.atom%3Fq%3Dport"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as library:
        yield library


@pytest.fixture
def pages(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, ["claire", "max", "sam"])


def fields_of(text: str) -> dict[str, str]:
    """The fields of the form that follows what a page is about."""
    form = text[text.index('aria-labelledby="follow-here"') :].partition("</form>")[0]
    fields = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields} | {"act": "follow"}


def follow(client: TestClient, **changes: str) -> Any:
    fields = fields_of(client.get(FOLLOW).text) | changes
    return client.post("/following", data=fields, follow_redirects=False)


def add(library: Library, *titles: str, group: str | None = None) -> None:
    with library.store.read() as reading:
        quais = reading.groups.by_slug("quais")
        order = reading.items.count(follows.readable_groups(reading, OPERATOR).scope) + 100
    assert quais is not None
    add_items(
        library,
        *(an_item(t, group=group or quais, id=t.replace(" ", "-"), order=order + n) for n, t in enumerate(titles)),
    )
    catch_up(library)
    bring_up_to_date(library)


def test_a_listing_is_followed_in_two_clicks_and_its_news_are_counted(
    library: Library, pages: dict[str, TestClient]
) -> None:
    claire = pages["claire"]
    page = claire.get(FOLLOW).text
    assert "Ces sept derniers jours, vous auriez reçu" in page
    answer = follow(claire)
    assert answer.status_code == 303
    then = claire.get(answer.headers["location"]).text
    assert "Vous suivez «\u202fport\u202f»" in then
    assert "rien de nouveau" in then
    assert "<b>+" not in claire.get("/").text.partition("Ce que je suis")[2].partition("</section>")[0]
    add(library, "Le port de nuit", "Une criée")
    home = claire.get("/").text.partition("<h3>Ce que je suis</h3>")[2].partition("</section>")[0]
    assert "+1<" in home
    news = re.findall(r'href="(/following/[^"]+)"', home)[0]
    listing = claire.get(news).text
    assert "port</mark> de nuit" in listing or "Le port de nuit" in re.sub("<[^>]+>", "", listing)
    assert "Une criée" not in listing
    assert "Le port au petit matin" not in listing
    add(library, "Port neuf")
    results = claire.get("/g/quais?q=port").text
    assert (results.count("pas encore vu"), results.count("2 nouveaux signets")) == (2, 1)
    assert "pas encore vu" not in pages["max"].get("/g/quais?q=port").text + claire.get("/g/quais").text
    through = re.findall(r'name="through" value="(\d+)"', listing)[0]
    assert send(claire, news, through=through).status_code == 303
    assert "Port neuf" in re.sub("<[^>]+>", "", claire.get(news).text)
    assert "Le port de nuit" not in re.sub("<[^>]+>", "", claire.get(news).text)
    assert send(claire, "/following", act="seen", through="999999").status_code == 303
    assert "rien de nouveau" in claire.get(news).text
    assert "pas encore vu" not in claire.get("/g/quais?q=port").text


def test_what_one_follows_is_changed_moved_and_ended_with_an_undo(
    library: Library, pages: dict[str, TestClient]
) -> None:
    claire = pages["claire"]
    follow(claire)
    follow_listing(library, actor_of(library, "claire"), [("tag", "port")], FollowWish("Étiquette <b>"))
    first, second = own_follows(library, actor_of(library, "claire"))
    text = claire.get("/following").text
    assert "Étiquette &lt;b&gt;" in text
    send(claire, "/following", act="down", id=first.follow.id)
    assert [one.follow.id for one in own_follows(library, actor_of(library, "claire"))] == [
        second.follow.id,
        first.follow.id,
    ]
    follow(claire, name="Les ports", counted="")
    changed = own_follows(library, actor_of(library, "claire"))[1].follow
    assert (changed.id, changed.name, changed.is_counted) == (first.follow.id, "Les ports", False)
    add(library, "Port neuf")
    page = send(claire, "/following", act="remove", id=first.follow.id).text
    assert len(own_follows(library, actor_of(library, "claire"))) == 1
    form = page[page.index('<form class="flash"') :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    claire.post("/following", data=fields | {"act": "follow"})
    restored = own_follows(library, actor_of(library, "claire"))[1]
    assert (restored.follow.name, restored.new, restored.follow.is_counted) == ("Les ports", 1, False)


def test_what_others_have_seen_changes_no_number_of_mine(library: Library, pages: dict[str, TestClient]) -> None:
    claire = actor_of(library, "claire")
    follow(pages["claire"])
    add(library, "Port neuf")
    follow(pages["max"])
    follow_listing(library, claire, [("tag", "rien")], FollowWish("Autre"))
    assert [one.new for one in counted_follows(library, claire)] == [1, 0]
    assert [one.new for one in counted_follows(library, actor_of(library, "max"))] == [0]


def test_synonyms_of_a_vocabulary_are_found_once_the_user_chooses_so(
    library: Library, pages: dict[str, TestClient]
) -> None:
    claire = pages["claire"]
    assert "synonymes" not in claire.get(FOLLOW).text
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.vocabularies.set(group.id, Vocabulary.of([a_concept("port", "havre")]))
    assert "synonymes" in claire.get(FOLLOW).text
    assert "synonymes" not in claire.get("/follow?feed=/search.atom%3Fq%3Dport").text
    follow(claire, labels="")
    add(library, "Le havre de nuit")
    assert [one.new for one in own_follows(library, actor_of(library, "claire"))] == [0]
    follow(claire, labels="on", name="Ports et havres")
    add(library, "Le havre de jour", "Port neuf", "Une criée")
    (own,) = own_follows(library, actor_of(library, "claire"))
    assert (own.follow.name, own.new, own.search.vocabulary_group) == ("Ports et havres", 2, "quais")
    assert "<mark>havre</mark>" in claire.get(f"/following/{own.follow.id}").text
    assert claire.get("/g/quais?q=port").text.count("pas encore vu") == 2
    page = claire.get(FOLLOW).text
    assert re.search(r'name="labels" value="on" checked', page)
    change_group(library, OPERATOR, "quais", GroupSettings("Quais", visible=Visibility.MEMBERS, slug="docks"))
    add(library, "Encore un havre")
    (own,) = own_follows(library, actor_of(library, "claire"))
    assert (own.new, own.search.vocabulary_group) == (3, "docks")


def test_members_see_what_is_shared_and_others_learn_nothing(library: Library, pages: dict[str, TestClient]) -> None:
    follow(pages["claire"], share="quais")
    (mine,) = own_follows(library, actor_of(library, "claire"))
    assert mine.group is not None
    assert "Suivi par des membres de mes groupes" in pages["max"].get("/following").text
    assert "Suivi par des membres" not in pages["sam"].get("/following").text
    assert pages["sam"].get(FOLLOW).status_code == pages[""].get(FOLLOW).status_code == 404
    for login in ("max", "sam"):
        assert pages[login].get(f"/following/{mine.follow.id}").status_code == 404
        for act in ("remove", "up"):
            assert (
                send(
                    pages[login],
                    "/saved/new?q=x" if login == "max" else "/account",
                    "/following",
                    act=act,
                    id=mine.follow.id,
                ).status_code
                == 404
            )
    remove_member(library, OPERATOR, "quais", "claire")
    assert "Suivi par des membres" not in pages["max"].get("/following").text
    add(library, "Port neuf")
    assert own_follows(library, actor_of(library, "claire"))[0].new == 0
    assert "+1" not in pages["claire"].get("/").text


def test_an_outsider_follows_no_closed_group_and_learns_no_new_name(
    library: Library, pages: dict[str, TestClient]
) -> None:
    sam, words = actor_of(library, "sam"), [("tag", "port")]
    for slug in ("quais", "rien"):
        with pytest.raises(NotFound, match="This group does not exist"):
            follow_listing(library, sam, [("group", slug), *words], FollowWish("Quais"))
    change_group(library, OPERATOR, "quais", GroupSettings("Quais"))
    kept = follow_listing(library, sam, [("group", "quais"), *words], FollowWish("Mon port"))
    change_group(library, OPERATOR, "quais", GroupSettings("Quais", visible=Visibility.MEMBERS, slug="quais-secrets"))
    rename_tags(library, OPERATOR, "quais-secrets", ["port"], "licenciements")
    (view,) = own_follows(library, sam)
    assert "licenciements" in view.search.parameters
    assert not view.is_shown
    own = ("/following", f"/following/{kept.id}", "/", "/following?did=followed&follow=" + kept.id)
    shown = [pages["sam"].get(path).text for path in own]
    assert all("Mon port" in text for text in shown)
    with library.store.read() as reading:
        shown.append(str(personal_follow_data(reading.connection, view.follow.user_id)))
    shown.append(send(pages["sam"], "/following", act="remove", id=kept.id).text)
    assert not [text for text in shown if "licenciements" in text or "secrets" in text]
    assert own_follows(library, sam) == ()


def test_only_what_searches_one_group_is_shared_and_bounds_hold(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = actor_of(library, "claire")
    with pytest.raises(Exception, match="Only what searches one group"):
        follow_listing(library, claire, [("q", "port")], FollowWish("Port", group="quais"))
    monkeypatch.setattr(follows, "MOST_FOLLOWS", 1)
    follow_listing(library, claire, [("q", "port")], FollowWish("Port"))
    with pytest.raises(Conflict):
        follow_listing(library, claire, [("q", "criée")], FollowWish("Criée"))
    follow_listing(library, claire, [("q", "port")], FollowWish("Port, encore"))
    monkeypatch.setattr(follows, "MOST_FOLLOWS", 9)
    monkeypatch.setattr(follows, "MOST_FOLLOWED_CHARACTERS", 10)
    with pytest.raises(Conflict):
        follow_listing(library, claire, [("q", "criée")], FollowWish("Criée"))
    with library.store.read() as reading:
        assert reading.followed_searches.count() == 1, "what is refused leaves no search"


def test_a_refused_form_comes_back_with_all_that_was_chosen(library: Library, pages: dict[str, TestClient]) -> None:
    claire = pages["claire"]
    for changes, status in (({"form_token": "a" * 64, "name": "Nos ports"}, 403), ({"name": "  "}, 400)):
        fields = fields_of(claire.get(FOLLOW).text) | {"counted": "", "share": "quais"} | changes
        answer = claire.post("/following", data=fields)
        assert answer.status_code == status
        again = fields_of(answer.text)
        assert (again["name"], again["parameters"]) == (changes["name"], fields["parameters"])
        form = answer.text[answer.text.index('aria-labelledby="follow-here"') :].partition("</form>")[0]
        assert re.findall(r'name="(\w+)" value="[^"]*" checked', form) == ["share"]
        assert "Ces sept derniers jours" not in answer.text
    assert own_follows(library, actor_of(library, "claire")) == ()
    answer = claire.post("/following", data=again | {"name": "Nos ports"})
    assert [one.follow.name for one in own_follows(library, actor_of(library, "claire"))] == ["Nos ports"]
    for parameters in ("from=hier", "q=" + "x" * 20_000):
        answer = claire.post("/following", data=again | {"name": "Nos ports", "parameters": parameters})
        assert answer.status_code == 400
        assert 'id="follow-here"' not in answer.text


def test_a_visitor_logs_in_first_and_an_erased_person_follows_nothing(
    library: Library, pages: dict[str, TestClient]
) -> None:
    assert pages[""].get("/following", follow_redirects=False).status_code == 303
    assert pages[""].get("/following/rien", follow_redirects=False).status_code == 303
    follow(pages["claire"])
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)
    with library.store.read() as reading:
        assert follows.FollowsReading(reading.connection).of_user("u-claire") == ()


def test_a_group_without_feeds_is_followed_on_this_site(library: Library, pages: dict[str, TestClient]) -> None:
    change_group(library, OPERATOR, "quais", GroupSettings("Quais", feeds=False))
    claire = pages["claire"]
    match = re.search(r'href="(/follow\?[^"]+)"', claire.get("/g/quais").text)
    assert match is not None
    page = claire.get(unescape(match[1])).text
    assert "ne peut pas être suivi par" in page
    answer = claire.post("/following", data=fields_of(page), follow_redirects=False)
    assert answer.status_code == 303
    add(library, "Une criée")
    assert [one.new for one in own_follows(library, actor_of(library, "claire"))] == [1]
    assert "/follow?" not in pages[""].get("/g/quais").text


def test_what_is_followed_comes_by_email_until_it_is_followed_no_more(library: Library) -> None:
    with library.store.write() as writing:
        account = writing.accounts.by_login("claire")
        assert account is not None
        writing.accounts.update(replace(account, email="claire@exemple.fr"))
    site = replace(library, settings=replace(library.settings, mail_url="smtp://127.0.0.1:9"))
    claire = browsers_of(site, ["claire"])["claire"]
    assert "À claire@exemple.fr." in claire.get(FOLLOW).text
    follow(claire, when="weekly")
    (own,) = own_follows(site, actor_of(site, "claire"))
    listed = claire.get("/following").text
    assert "par courriel\u202f: chaque semaine" in listed
    assert '<option value="weekly" selected>' in listed
    follow(claire, when="daily")
    assert email_rhythms(site, own.follow.user_id) == {own.search.id: Rhythm.DAILY}
    removed = send(claire, "/following", act="remove", id=own.follow.id).text
    assert email_rhythms(site, own.follow.user_id) == {}
    form = removed[removed.index('<form class="flash"') :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    claire.post("/following", data=fields | {"act": "follow"})
    assert list(email_rhythms(site, own.follow.user_id).values()) == [Rhythm.DAILY]
    with patch.object(FollowedSearches, "by_id", side_effect=MemoryError), pytest.raises(MemoryError):
        remove_follow(site, actor_of(site, "claire"), own_follows(site, actor_of(site, "claire"))[0].follow.id)
    assert list(email_rhythms(site, own.follow.user_id).values()) == [Rhythm.DAILY], "both end, or none"
