"""Two hundred hostile titles, tags, notes, names, addresses and pages: a real browser shows all of them as text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, expect

from kb.model.items.item_fields import fields_of_item
from kb.services.items.item_edit import edit_item, item_to_edit
from tests.browser.conftest import serving
from tests.browser.libraries.hostile import FETCHED, WORDS, Held, a_hostile_library
from tests.browser.support.watched_browser import Watched, visible_characters, watched
from tests.browser.test_people import sign_in
from tests.factories.group import as_
from tests.fixtures.hostile_documents import DOCUMENTS
from tests.fixtures.hostile_texts import ADDRESSES, TEXTS
from tests.fixtures.news_site import a_press

pytestmark = pytest.mark.browser

TOGETHER = tuple(WORDS[start : start + 8] for start in range(0, len(WORDS), 8))
"""The texts in groups of eight, which fit into one query."""
AGENT = "Mozilla/5.0 <script>ran()</script> \"' onfocus=ran() Firefox/140.0"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with a_press() as press:
        hostile = a_hostile_library(tmp_path_factory.mktemp("hostile"), press)
        yield hostile
        hostile.library.close()


@pytest.fixture(scope="module")
def address(hostile: Held) -> Iterator[str]:
    yield from serving(hostile.library)


@pytest.fixture
def nobody(browser: Browser, address: str, tmp_path: Path) -> Iterator[Watched]:
    context, window = watched(browser, address, tmp_path)
    yield window
    context.close()
    assert window.complaints == []


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    context, window = watched(browser, address, tmp_path_factory.getbasetemp(), user_agent=AGENT)
    sign_in(window.page, address, "claire")
    yield window
    context.close()


@pytest.fixture
def claire(signed_in: Watched) -> Iterator[Watched]:
    yield signed_in
    signed_in.page.goto("about:blank")
    complaints = [*signed_in.complaints]
    signed_in.complaints.clear()
    assert complaints == []


def asking(**params: str) -> str:
    return urlencode({name: value[:1900] for name, value in params.items()})


def test_there_are_over_240_hostile_texts() -> None:
    assert len(set(TEXTS)) + len(set(ADDRESSES)) + len(set(DOCUMENTS)) > 240


def test_the_watcher_sees_scripts_requests_to_other_sites_and_policy_violations(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context, window = watched(browser, address, tmp_path)
    context.route("**/page", lambda route: route.fulfill(
        content_type="text/html",
        headers={"Content-Security-Policy": "img-src 'self'"},
        body="<a href=javascript:ran()>x</a><details ontoggle=ran()></details><img src=//ailleurs.example/a>"
        "<script>ran(); fetch('//ailleurs.example/b').catch(() => {}); alert(1); ailleurs()</script>",
    ))  # fmt: skip
    window.visit("/page")
    window.page.wait_for_timeout(50)
    context.close()
    complaint_text = "\n".join(window.complaints)
    for sign in ("console: ran()", "violation: img-src", "request: http://ailleurs.example/b", "dialog: 1", "error: "):
        assert sign in complaint_text
    for sign in ("<img>", "ontoggle=", "javascript:ran()", "a script"):
        assert sign in complaint_text


def test_items_show_hostile_texts_as_text(hostile: Held, claire: Watched) -> None:
    for item_id, texts in zip(hostile.items[:-2], hostile.texts, strict=False):
        claire.visit(f"/items/{item_id}")
        visible_text = claire.shown()
        for text in texts:
            # At least as a description, in a passage and in a reply.
            assert visible_text.count(visible_characters(text)) >= 3
        assert visible_characters(claire.page.locator("h1").text_content() or "") == visible_characters(texts[0])


def test_listings_show_hostile_texts_as_text(hostile: Held, nobody: Watched) -> None:
    group = f"/g/{hostile.group.slug}"
    page_text = ""
    for page in range(1, 5):
        nobody.visit(f"{group}?per_page=100&page={page}")
        page_text += nobody.shown()
    assert [text for text in WORDS if visible_characters(text[:150]) not in page_text] == []
    for path in (
        f"{group}?view=passages&per_page=100",
        f"{group}?view=passages&per_page=100&page=2",
        f"{group}?q=ran&facet_limit=1000",
        f"{group}?author=claire&kind=note&sort=title",
        *("/", "/saved", f"/saved/{hostile.saved}", f"{group}/tags", f"{group}/members", f"{group}/vocabulary"),
        *(
            f"{group}/lists",
            f"/lists/{hostile.outline}",
            f"/lists/{hostile.outline}/review",
            "/login?next=//ailleurs.example",
        ),
        *(f"{group}/tag/{quote(' '.join(text[:150].split()), safe='')}" for text in WORDS[::25]),
        *(f"/items/{item_id}" for item_id in hostile.items[:48:12]),
        f"/items/{hostile.items[0]}/cite",
    ):
        nobody.visit(path)


def test_pages_show_the_query_as_text(hostile: Held, nobody: Watched, claire: Watched) -> None:
    for texts in TOGETHER:
        page = nobody.visit("/search?per_page=2&" + asking(q=" ".join(texts)))
        assert visible_characters(page.locator("#q").input_value()) == visible_characters(" ".join(texts))
    for number, texts in enumerate(TOGETHER):
        first = texts[0]
        path = (
            ("/" + quote(first, safe=""), 404),
            ("/items/" + quote(first, safe=""), 404),
            ("/search?" + asking(**{"from": first}), 200),
            (
                f"/g/{hostile.group.slug}?" + asking(tag=first, author=first, source=first, site=first, language=first),
                200,
            ),
        )[number % 4]
        nobody.visit(*path)
    group, text = hostile.group.slug, "\n".join(WORDS[100:110])
    script = WORDS[0]
    for path in (
        "/keep?" + asking(url="javascript:ran()", title=text, quote=text, group=group),
        "/keep?" + asking(url='https://exemple.fr/"><script>ran()</script>', title=text, quote=text, group=script),
        "/search?" + asking(q="ran", group=group, per_page="100", select="1"),
        "/bulk?" + asking(q="ran", group=group, act="list", scope="all", back=script),
        "/bulk?" + asking(q="ran", group=group, act="move", scope="all"),
        f"/g/{group}/tags/edit",
        f"/g/{group}/tags/edit?" + asking(tag=WORDS[1], name=script),
        f"/g/{group}/tags/edit?" + asking(tag=WORDS[1], act="delete"),
        f"/g/{group}/tags?" + asking(q=text),
        f"/g/{group}/vocabulary?" + asking(q=text),
        f"/g/{group}/vocabulary/term?" + asking(label=text),
        f"/lists/{hostile.outline}/edit?" + asking(q=script),
        f"/lists/{hostile.outline}/review?" + asking(title=script, introduction=text, order="source"),
        "/review?" + asking(q="ran", title=script, introduction=text),
        "/saved/new?" + asking(q=text, tag=script),
        "/account/feeds?" + asking(feed="/search.atom?" + asking(q=text)),
        f"/?{asking(done=script, undo=script)}&lang={quote(script)}",
    ):
        claire.visit(path)


def test_pages_of_a_member_show_hostile_names_as_text(hostile: Held, claire: Watched) -> None:
    group, item = f"/g/{hostile.group.slug}", f"/items/{hostile.items[0]}"
    for path in (
        *(item + part for part in ("/edit", "/move", "/annotate", "/private", "/moderation", "/cite")),
        *(group + part for part in ("", "/members", "/members/paul", "/settings", "/moderation", "/bin", "/log")),
        *(group + part for part in ("/vocabulary", "/import", "/dead-links", "/lists", "/tags", "/tags/edit")),
        f"{group}/duplicates",
        *(f"/imports/{job_id}" for job_id in hostile.import_jobs),
        *("/", "/later", "/later?show=all", "/notices", "/saved", f"/saved/{hostile.saved}/edit", "/keep/tools"),
        *(f"/lists/{hostile.outline}", f"/lists/{hostile.outline}/edit", f"/lists/add?item={hostile.items[1]}"),
        *("/account", "/account/tokens", "/account/data", "/groups/new", "/invitations"),
        *("/admin", "/admin/accounts", "/admin/accounts/paul", "/admin/groups", "/admin/log", "/admin/authors"),
        "/admin/forget/paul",
    ):
        claire.visit(path)
    page = claire.visit(item)
    replying = page.locator("a[href*='/reply']").first.get_attribute("href")
    assert replying is not None
    claire.visit(replying)
    # With the keyboard, as users do.
    for path in (item, f"{group}?per_page=20", f"/lists/{hostile.outline}/edit"):
        claire.visit(path)
        for _ in range(60):
            claire.page.keyboard.press("Tab")


def test_our_scripts_treat_hostile_names_as_text(hostile: Held, claire: Watched) -> None:
    group, item = f"/g/{hostile.group.slug}", f"/items/{hostile.items[0]}"
    page = claire.visit(group)
    for text in ("script", "onerror", "<script>ran", "' onfoc"):
        with page.expect_response(lambda answer: "/suggest?" in answer.url):
            page.locator("#q").fill(text)
        page.keyboard.press("ArrowDown")
        claire.stir()
    # Instead of the results.
    page = claire.visit(f"{group}?q=ran")
    with page.expect_response(lambda answer: "source=" in answer.url):
        page.locator(".facet a[href*='source=']").first.click()
    expect(page.locator("ul.chips").first).to_be_visible()
    claire.stir()
    page = claire.visit(item)
    page.locator("a[href*='/cite']").first.click()
    expect(page.locator("dialog .citations")).to_be_visible()

    page = claire.visit(f"{item}/edit")
    field = page.locator("[data-tags]")
    before = field.input_value()
    for text in ("script", '"<scr', "svg"):
        with page.expect_response(lambda answer: "/tags/suggest" in answer.url):
            field.fill(text)
        expect(page.locator(".tagfield [role=option]").first).to_be_visible()
        claire.stir()
        field.focus()
    field.fill(before + ", svg")
    expect(page.locator(".tagfield [role=option]").first).to_be_visible()
    field.press("ArrowDown")
    chosen = page.locator(".tagfield [aria-selected=true]").get_attribute("data-tag")
    field.press("Enter")
    page.locator("main form[method=post] button[type=submit]").last.click()
    page.wait_for_url(lambda url: "/edit" not in url)
    claire.stir()
    assert chosen is not None
    assert visible_characters(chosen) in claire.shown()


def test_forms_and_files_show_hostile_texts_as_text(hostile: Held, claire: Watched, tmp_path: Path) -> None:
    page, site = claire.page, claire.site
    # The page is fetched already: the script of the form fills in its facts.
    for address in [*hostile.documents][FETCHED::2]:
        claire.visit("/keep?" + asking(url=f"{address}?vue", group=hostile.group.slug))
        expect(page.locator("#found .fetch-state")).to_contain_text("La page a été lue")
        claire.stir()
    page_text = ""
    for item_id in hostile.documents.values():
        claire.visit(f"/items/{item_id}")
        page_text += claire.shown()
    assert visible_characters("</title></textarea></script><script>ran()</script>") in page_text
    claire.visit(f"/search?{asking(q='onerror paragraphe gardé veille', match='all')}")

    # Both texts, if another user has written meanwhile.
    item, text = hostile.items[3], "\n".join(WORDS[60:70])
    page.goto(f"{site}/items/{item}/edit")
    page.locator("[name=description]").fill(text)
    now = item_to_edit(hostile.library, as_(hostile.library, "paul"), item)[0]
    theirs = replace(fields_of_item(now), title=WORDS[90], description="\n".join(WORDS[90:100]))
    edit_item(hostile.library, as_(hostile.library, "paul"), item, theirs)
    page.locator("main form[method=post] button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("Quelqu’un")
    claire.stir()
    assert visible_characters(page.locator("[name=description]").input_value()) == visible_characters(text)
    assert visible_characters("".join(WORDS[90:100])) in claire.shown()

    page.goto(f"{site}/lists/{hostile.outline}/review")
    page.locator("main .menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML", exact=True).click()
    file = tmp_path / "revue.html"
    download.value.save_as(file)
    page.goto(file.as_uri())
    page.wait_for_load_state()
    assert visible_characters(WORDS[0]) in claire.shown()
    assert page.locator("script, img, iframe, object, embed, svg, link, form").count() == 0
