"""Every address that the page checks open: at least one for each route of the site that returns HTML.

A route that has neither a page here nor its name in NOT_HTML fails `test_addresses.py`.
"""

from collections.abc import Mapping

from kb.features import FEATURES
from kb.model.web_pages.copy_pictures import picture_name
from kb.services.admin.help_texts import HELP_NAMES
from kb.site import feature_webs
from tests.browser.support.checked_pages import (
    ARRIVING,
    CONFIRMATION,
    FOLLOWING,
    INVITED,
    MEMBER,
    OWNER,
    REMOVED,
    REQUESTED,
    RESET,
    STRANGER,
    TERM,
    UNINVITED,
    Judged,
)
from tests.browser.support.contributing_addresses import CONTRIBUTING
from tests.factories.page_copies import PICTURE

CLIENTS = tuple(route for feature in feature_webs(FEATURES) if feature.client for route in feature.routes)

PAGES: Mapping[str, tuple[Judged, ...]] = {
    **CONTRIBUTING,
    "/mentions-legales": (
        Judged("legal notice", "/mentions-legales"),
        Judged("legal notice in English", "/mentions-legales?lang=en"),
    ),
    "/aide": (Judged("help", "/aide"), Judged("help in English", "/aide?lang=en")),
    **{f"/aide/{name}": (Judged(f"help: {name}", f"/aide/{name}"),) for name in HELP_NAMES},
    "/": (
        Judged("first page", "/"),
        Judged("first page in English", "/?lang=en"),
        Judged("first page of an owner", "/", by=OWNER),
        Judged("first page of who is invited", "/", by=STRANGER),
    ),
    "/search": (
        Judged("everything", "/search"),
        Judged("words found", "/search?q={word}&match=any&per_page=4"),
        Judged("narrowed", "/search?q={word}&tag={tag}&author={author}&kind=note"),
        Judged("results to tick", "/search?q={word}&select=1&tick=page&per_page=2"),
        Judged("passages to tick", "/search?q={word}&view=passages&page=2&per_page=1&select=1&item={item}"),
        Judged("narrowed to a month", "/search?q={word}&from=2014-03&to=2014-03&date=added"),
        Judged("passages", "/search?q={word}&view=passages&page=2&per_page=4"),
        Judged("another spelling", "/search?q=agants&language=fr"),
        Judged("nothing found", "/search?q=zzzz&tag={tag}"),
        Judged("a filter too many", "/search?q={word}&tag={tag}&language=de"),
        Judged("past the end", "/search?page=99"),
        Judged("not widened", "/search?q={word}&vocabulary=off&per_page=4"),
        Judged("narrower terms too", "/search?q={word}&vocabulary=narrower&lang=en&per_page=4"),
        Judged("not understood", "/search?q={word}+avant:hier+(&per_page=4"),
        Judged("in English", "/search?q={word}&lang=en&per_page=4"),
        Judged("to be saved", "/search?q={word}&per_page=4", by=MEMBER),
        Judged("hostile words", "/search?q=%3Cb%3E%22%27%E2%80%AE&lang=en"),
    ),
    "/g/{group}": (
        Judged("group", "/g/{group}?per_page=10"),
        Judged("items of a group to tick", "/g/{group}?per_page=1&select=1", by=OWNER),
        Judged("items of a group to tick, in English", "/g/{group}?per_page=1&select=1&lang=en"),
        Judged("group, passages", "/g/{group}?view=passages&per_page=5"),
        Judged("group, words found", "/g/{group}?q={word}&tag={tag}&per_page=5"),
    ),
    "/g/{group}/tag/{tag:path}": (
        Judged("tag of a group", "/g/{group}/tag/{tag}"),
        Judged("tag with neighbours", "/g/lectures/tag/archives", own=True),
        Judged("tag that nothing bears", "/g/{group}/tag/rien"),
    ),
    "/g/{group}/tags": (
        Judged("tags of a group", "/g/{group}/tags"),
        Judged("tags that hold letters", "/g/{group}/tags?q=a"),
        Judged("no tag holds them", "/g/{group}/tags?q=zzzz"),
    ),
    "/g/{group}/members": (
        Judged("members of a group", "/g/{group}/members"),
        Judged("members, for an owner", "/g/lectures/members", by=OWNER),
        Judged("members, in English", "/g/lectures/members?lang=en", by=OWNER),
        Judged("members, with an undo in a row", "/g/lectures/members?at=m-luc&done=role-set&undo=x", by=OWNER),
        Judged("members, none of these letters", "/g/lectures/members?q=zzzz&at=invite&done=invited", by=OWNER),
        Judged("members, for who may join", "/g/atelier/members", by=STRANGER),
    ),
    "/g/{group}/members/{login}": (
        Judged("a member", "/g/lectures/members/luc", by=OWNER),
        Judged("an imported author", "/g/lectures/members/doc", by=OWNER),
        Judged("an imported author, for a member", "/g/lectures/members/doc", by=MEMBER),
    ),
    "/g/{group}/deletion": (Judged("deletion of a group", "/g/lectures/deletion", by=OWNER),),
    "/g/{group}/settings": (
        Judged("settings of a group", "/g/lectures/settings", by=OWNER),
        Judged("settings in English", "/g/lectures/settings?lang=en", by=OWNER),
    ),
    "/g/{group}/join": (
        Judged("asking to join", "/g/atelier/join", by=MEMBER),
        Judged("request that waits", "/g/lectures/join", by=STRANGER),
    ),
    "/g/{group}/leave": (
        Judged("leaving a group", "/g/lectures/leave", by=MEMBER),
        Judged("the last owner who would leave", "/g/lectures/leave", by=OWNER),
    ),
    "/g/{group}/moderation": (
        Judged("moderation", "/g/lectures/moderation", by=OWNER),
        Judged("moderation with a notice", "/g/lectures/moderation?lang=en&done=hidden&undo=rien", by=OWNER),
        Judged("nothing to moderate", "/g/atelier/moderation", by=OWNER),
    ),
    "/g/{group}/bin": (
        Judged("bin of a group", "/g/lectures/bin", by=OWNER),
        Judged("bin, for a member", "/g/lectures/bin?lang=en", by=MEMBER),
        Judged("empty bin", "/g/~claire/bin", by=OWNER),
        Judged("deleting permanently", f"/g/lectures/bin?purge={REMOVED}", by=OWNER),
    ),
    "/g/{group}/log": (
        Judged("log of a group", "/g/lectures/log", by=OWNER),
        Judged("empty log", "/g/atelier/log?lang=en", by=OWNER),
    ),
    "/g/{group}/report": (
        Judged("report of last month", "/g/lectures/report", by=OWNER),
        Judged("report of several years", "/g/lectures/report?from=2012&to=2015", by=OWNER),
        Judged("report in English, filtered", "/g/lectures/report?period=this-year&tag=archives&lang=en", by=OWNER),
        Judged("report with a date that is none", "/g/lectures/report?from=hier&views=readers", by=OWNER),
    ),
    "/g/{group}/embed": (
        Judged("frames of a group", "/g/lectures/embed", by=OWNER),
        Judged("frames of the tags of a group, in English", "/g/lectures/embed?what=tags&lang=en", by=OWNER),
    ),
    "/g/{group}/quotation": (
        Judged("right of quotation", "/g/lectures/quotation", by=OWNER),
        Judged("right of quotation, in English", "/g/lectures/quotation?lang=en", by=OWNER),
    ),
    "/g/{group}/ledger": (
        Judged("ledger of quotations", "/g/lectures/ledger", by=OWNER),
        Judged("empty ledger", "/g/atelier/ledger?lang=en", by=OWNER),
    ),
    "/lists/{id}/distribution": (
        Judged("recording a distribution", "/lists/plan/distribution", by=OWNER),
        Judged("recording a distribution, in English", "/lists/plan/distribution?lang=en", by=OWNER),
    ),
    "/g/{group}/webhooks": (
        Judged("webhooks of a group", "/g/lectures/webhooks", by=OWNER),
        Judged("webhook for a search, in English", "/g/lectures/webhooks?q=agents&tag=archives&lang=en", by=OWNER),
        Judged("webhook to edit", "/g/lectures/webhooks?q=agents&edit=webhook-lectures", by=OWNER),
    ),
    "/embed/g/{group}": (
        Judged("frame of items", "/embed/g/{group}?n=5"),
        Judged("frame of passages, in English", "/embed/g/{group}?view=passages&q={word}&lang=en"),
    ),
    "/embed/g/{group}/tags": (Judged("frame of tags", "/embed/g/{group}/tags"),),
    "/embed/lists/{id}": (Judged("frame of a list", "/embed/lists/plan", own=True),),
    "/groups/new": (
        Judged("making a group", "/groups/new", by=STRANGER),
        Judged("making a group, as an administrator", "/groups/new?lang=en", by=OWNER),
    ),
    "/invitations": (
        Judged("invitations", "/invitations", by=STRANGER),
        Judged("no invitation", "/invitations", by=OWNER),
    ),
    "/g/{group}/vocabulary": (
        Judged("vocabulary of a group", "/g/{group}/vocabulary"),
        Judged("vocabulary in English", "/g/{group}/vocabulary?lang=en"),
        Judged("no label holds them", "/g/{group}/vocabulary?q=zzzz"),
        Judged("no vocabulary yet", "/g/vide/vocabulary", own=True),
        Judged("vocabulary, for an owner", "/g/lectures/vocabulary", by=OWNER),
        Judged("no vocabulary yet, for an owner", "/g/atelier/vocabulary?lang=en", by=OWNER),
    ),
    "/follow": (
        Judged("following a search", "/follow?feed=/search.atom%3Fq%3D{word}"),
        Judged("following a group, in English", "/follow?feed=/g/{group}.atom&lang=en"),
        Judged("following with a key", "/follow?feed=/search.atom%3Fq%3D{word}", by=OWNER),
        Judged("following a group, for a member", "/follow?feed=/g/lectures.atom", by=MEMBER),
        Judged("following a list, for a member", "/follow?feed=/lists/plan.atom", by=MEMBER),
    ),
    "/following": (
        Judged("what one follows", "/following", by=MEMBER),
        Judged("nothing followed yet, in English", "/following?lang=en", by=STRANGER),
    ),
    "/following/{id}": (Judged("new in what one follows", "/following/suivi-1", by=MEMBER),),
    "/saved": (
        Judged("saved searches", "/saved"),
        Judged("saved searches, for a member", "/saved", by=MEMBER),
        Judged("no saved search, for somebody", "/saved?lang=en", by=STRANGER),
    ),
    "/saved/{id}": (
        Judged("saved search", "/saved/{saved}?per_page=5"),
        Judged("saved search, for a member", "/saved/veille?per_page=5", by=MEMBER),
    ),
    "/saved/new": (
        Judged("saving a search", "/saved/new?q=agents&tag=r%C3%A9seau", by=MEMBER),
        Judged("nothing to save", "/saved/new", by=STRANGER),
    ),
    "/saved/{id}/edit": (
        Judged("changing a saved search", "/saved/veille/edit", by=MEMBER),
        Judged("changing a saved search, in English", "/saved/veille/edit?lang=en", by=OWNER),
    ),
    "/g/{group}/letters": (
        Judged("newsletters of a group", "/g/lectures/letters", own=True),
        Judged("newsletters of a group, for an owner", "/g/lectures/letters", by=OWNER),
        Judged("no newsletter yet, in English", "/g/atelier/letters?lang=en", own=True),
    ),
    "/g/{group}/letters/{letter}/": (
        Judged("archive of a newsletter", "/g/lectures/letters/lettre/", own=True),
        Judged("archive of a newsletter, for a member", "/g/lectures/letters/lettre/?lang=en", by=MEMBER),
    ),
    "/g/{group}/letters/{letter}/{number}": (
        Judged("issue of a newsletter", "/g/lectures/letters/lettre/1", own=True),
        Judged("issue of a newsletter, for an owner", "/g/lectures/letters/lettre/1?lang=en", by=OWNER),
    ),
    "/g/{group}/letters/{letter}/manage": (
        Judged("managing a newsletter", "/g/lectures/letters/lettre/manage", by=OWNER),
        Judged("managing a newsletter, in English", "/g/lectures/letters/lettre/manage?lang=en", by=OWNER),
    ),
    "/g/{group}/letters/{letter}/drafts/{issue}": (
        Judged("draft of an issue", "/g/lectures/letters/lettre/drafts/draft-lectures", by=OWNER),
        Judged("draft of an issue, in English", "/g/lectures/letters/lettre/drafts/draft-lectures?lang=en", by=OWNER),
    ),
    "/letters/confirm/{key}": (Judged("confirming a newsletter", "/letters/confirm/stop-lectures", own=True),),
    "/letters/stop/{key}": (
        Judged("stopping a newsletter", "/letters/stop/stop-lectures", own=True),
        Judged("stopping a newsletter, in English", "/letters/stop/stop-lectures?lang=en", own=True),
    ),
    "/g/{group}/vocabulary/term": (
        Judged("a term", f"/g/lectures/vocabulary/term?id={TERM}", by=OWNER),
        Judged("a term in English", f"/g/lectures/vocabulary/term?id={TERM}&lang=en", by=OWNER),
        Judged("a new term", "/g/lectures/vocabulary/term?label=archives", by=OWNER),
    ),
    "/g/{group}/vocabulary/import": (
        Judged("importing a thesaurus", "/g/lectures/vocabulary/import", by=OWNER),
        Judged("importing a thesaurus, in English", "/g/lectures/vocabulary/import?lang=en", by=OWNER),
    ),
    "/g/{group}/vocabulary/remove": (Judged("removing a term", f"/g/lectures/vocabulary/remove?id={TERM}", by=OWNER),),
    "/items/{id}": (
        Judged("item", "/items/{item}?q={word}"),
        Judged("item in English", "/items/{item}?lang=en"),
        Judged("bare item", "/items/item-0", own=True),
        Judged("hostile item", "/items/trap", own=True),
        Judged("item, for a member", "/items/item-13", by=MEMBER),
        Judged("item, with a private note", "/items/item-13", by=STRANGER),
        Judged("item, for an owner", "/items/item-13", by=OWNER),
        Judged("item with a passage that is gone", "/items/item-20", own=True),
    ),
    "/items/{id}/history": (Judged("history of an item", "/items/{item}/history"),),
    "/items/{id}/read": (
        Judged("reading view", "/items/{item}/read"),
        Judged("reading view of an earlier version", "/items/item-20/read?version=1", own=True),
        Judged("reading view with a passage that is gone", "/items/item-20/read?lang=en", own=True),
        Judged("reading view without a text, in English", "/items/item-0/read?lang=en", own=True, by=OWNER),
        Judged("reading view with passages", "/items/item-19/read?q=agents", own=True),
        Judged("reading view of a member", "/items/item-19/read", own=True, by=MEMBER),
    ),
    "/g/{group}/changed-passages": (Judged("changed passages", "/g/lectures/changed-passages", own=True),),
    "/items/{id}/versions": (
        Judged("versions of a text", "/items/item-20/versions", own=True),
        Judged("versions of a text, for a member", "/items/{item}/versions?lang=en", own=True, by=MEMBER),
        Judged("difference of two versions", "/items/item-20/versions?version=2&against=1", own=True),
    ),
    "/items/{id}/read/pages": (
        Judged("pages of a PDF", "/items/{item}/read/pages", own=True),
        Judged("pages of a PDF, for a member", "/items/{item}/read/pages?lang=en", own=True, by=MEMBER),
    ),
    "/items/{id}/moderation": (
        Judged("reporting a passage", "/items/item-13/moderation?part=h-13-0", by=STRANGER),
        Judged("hiding an item", "/items/trap/moderation?lang=en", by=OWNER),
        Judged("taking something back", "/items/item-13/moderation?part=n-13", by=OWNER),
    ),
    "/items/{id}/copy/delete": (
        Judged("deleting a copy", "/items/item-13/copy/delete", by=OWNER),
        Judged("deleting a copy, in English", "/items/item-13/copy/delete?lang=en", by=MEMBER),
    ),
    "/items/{id}/cite": (
        Judged("citation of an item", "/items/{item}/cite"),
        Judged("citation of an item in English", "/items/{item}/cite?lang=en"),
        Judged("citation of a passage", "/items/item-13/cite?passage=n-13", own=True),
        Judged("hostile citation", "/items/trap/cite?passage=h-trap", own=True),
    ),
    "/account/data": (
        Judged("one's own data", "/account/data", by=MEMBER),
        Judged("one's own data, in English", "/account/data?lang=en", by=MEMBER),
    ),
    "/account/delete": (
        Judged("deleting one's account", "/account/delete", by=MEMBER),
        Judged("deleting one's account, with obstacles", "/account/delete", by=OWNER),
        Judged("deleting one's account, in English", "/account/delete?lang=en", by=MEMBER),
    ),
    "/login": (
        Judged("signing in", "/login?next=/saved"),
        Judged("signing in, in English", "/login?lang=en"),
        Judged("signed in", "/?done=signed-in", by=OWNER),
    ),
    "/login/provider": (Judged("provider that does not answer", "/login/provider", 503, own=True),),
    "/login/provider/back": (
        Judged("an answer that counts no more", "/login/provider/back?state=a&code=b", 403, own=True),
    ),
    "/login/provider/new": (
        Judged("unknown at the provider", "/login/provider/new", own=True, by=ARRIVING),
        Judged("unknown and not invited", "/login/provider/new?lang=en", own=True, by=UNINVITED),
    ),
    "/account/identity": (
        Judged("signing in elsewhere", "/account/identity", by=OWNER),
        Judged("signing in elsewhere, nothing added", "/account/identity?lang=en", by=STRANGER),
    ),
    "/logout": (Judged("signing out", "/logout", by=OWNER),),
    "/account": (
        Judged("account", "/account", by=MEMBER),
        Judged("account, in English", "/account?lang=en", by=OWNER),
    ),
    "/account/tokens": (
        Judged("tokens", "/account/tokens", by=OWNER),
        Judged("no token yet", "/account/tokens", by=STRANGER),
    ),
    "/account/feeds": (
        Judged("private feeds", "/account/feeds?feed=/search.atom%3Fq%3D{word}", by=OWNER),
        Judged("no private feed yet", "/account/feeds?lang=en", by=STRANGER),
    ),
    "/welcome/{secret}": (Judged("invited", f"/welcome/{INVITED}", own=True),),
    "/reset": (Judged("forgotten password", "/reset"), Judged("link on its way", "/reset?done=reset-sent")),
    "/email/{secret}": (Judged("address to confirm", f"/email/{CONFIRMATION}", by=STRANGER),),
    "/reset/{secret}": (Judged("another password", f"/reset/{RESET}", own=True),),
    "/subscribe": (
        Judged("following by e-mail", "/subscribe?q={word}"),
        Judged("confirmation on its way", "/subscribe?q={word}&done=subscribe-sent"),
    ),
    "/subscribe/{key}": (Judged("what is to be followed", f"/subscribe/{REQUESTED}", own=True),),
    "/subscription/{key}": (
        Judged("what is followed by e-mail", f"/subscription/{FOLLOWING}", own=True),
        Judged("no more e-mails", f"/subscription/{FOLLOWING}?done=subscription-stopped", own=True),
    ),
    "/admin": (
        Judged("administration", "/admin", by=OWNER),
        Judged("administration, in English", "/admin?lang=en", by=OWNER),
    ),
    "/g/{group}/incomplete": (
        Judged("items to complete", "/g/{group}/incomplete", by=OWNER),
        Judged("items without tag, in English", "/g/{group}/incomplete?missing=tag&lang=en", by=OWNER),
    ),
    "/incomplete": (Judged("own items to complete", "/incomplete", by=OWNER),),
    "/admin/accounts": (
        Judged("accounts", "/admin/accounts", by=OWNER),
        Judged("accounts that hold letters", "/admin/accounts?q=lenoir&lang=en", by=OWNER),
        Judged("no account holds them", "/admin/accounts?q=zzzz", by=OWNER),
    ),
    "/admin/accounts/{login}": (
        Judged("an account", "/admin/accounts/luc", by=OWNER),
        Judged("an administrator’s account", f"/admin/accounts/{OWNER}?lang=en", by=OWNER),
    ),
    "/admin/invitations": (Judged("invitations to the site", "/admin/invitations", by=OWNER),),
    "/admin/site": (Judged("name, colour and texts of the site", "/admin/site", by=OWNER),),
    "/admin/site/{name}": (
        Judged("editor of a legal page", "/admin/site/accessibilite", by=OWNER),
        Judged("editor of a legal page in English", "/admin/site/accessibilite?text=en&lang=en", by=OWNER),
    ),
    "/admin/groups": (Judged("groups of the site", "/admin/groups", by=OWNER),),
    "/admin/log": (
        Judged("log of the site", "/admin/log", by=OWNER),
        Judged("log of the site, before it began", "/admin/log?before=0&lang=en", by=OWNER),
    ),
    "/admin/subscribers": (
        Judged("readers by e-mail", "/admin/subscribers", by=OWNER),
        Judged("an address that is erased, in English", "/admin/subscribers?did=erased&lang=en", by=OWNER),
    ),
    "/admin/report": (
        Judged("report of the site", "/admin/report?from=2012&to=2030", by=OWNER),
        Judged(
            "report of the site, of one month, in English", "/admin/report?from=2014-03&to=2014-03&lang=en", by=OWNER
        ),
    ),
    "/admin/authors": (Judged("imported authors", "/admin/authors", by=OWNER),),
    "/admin/authors/{login}": (Judged("an imported author of the site", "/admin/authors/paul-roy", by=OWNER),),
    "/admin/forget/{login}": (
        Judged("forgetting an author", "/admin/forget/paul-roy", by=OWNER),
        Judged("forgetting an account", "/admin/forget/luc?lang=en", by=OWNER),
    ),
    "/donnees-personnelles": (
        Judged("personal data", "/donnees-personnelles"),
        Judged("personal data in English", "/donnees-personnelles?lang=en"),
    ),
    "/accessibilite": (
        Judged("accessibility", "/accessibilite"),
        Judged("accessibility in English", "/accessibilite?lang=en"),
    ),
}
"""The pages of each route, by its path in the table of routes."""

NOT_HTML: Mapping[str, str] = {
    "/search.{form}": "/search.atom?q={word}",
    "/g/{group}.opml": "/g/{group}.opml",
    "/g/{group}.{form}": "/g/{group}.rss",
    "/g/{group}/vocabulary.{form}": "/g/{group}/vocabulary.ttl",
    "/saved.opml": "/saved.opml",
    "/following.opml": "/following.opml",
    "/lists/{id}.{form}": "/lists/plan.atom",
    "/lists/{id}/review.{form}": "/lists/plan/review.md",
    "/saved/{id}.{form}": "/saved/{saved}.json",
    "/items/{id}/go": "/items/{item}/go",
    "/items/{id}/file": "/items/{item}/file",
    "/manifest.webmanifest": "/manifest.webmanifest",
    "/suggest": "/suggest?q={word}",
    "/g/{group}/people": "/g/{group}/people",
    "/source-line": "/source-line",
    "/robots.txt": "/robots.txt",
    "/sitemap.xml": "/sitemap.xml",
    "/sitemap/{part}.xml": "/sitemap/groups.xml",
    "/opensearch.xml": "/opensearch.xml",
    "/theme.css": "/theme.css",
    "/logo.png": "/logo.png",
    "/oai": "/oai?verb=Identify",
    "/sru": "/sru?query={word}",
    "/unapi": "/unapi?id={item}&format=ris",
    "/api/v1/search": "/api/v1/search",
    "/api/v1/items": "/api/v1/items",
    "/api/v1/items/{id}": "/api/v1/items/{item}",
    "/api/v1/annotations/{id}": "/api/v1/annotations/h-13-0",
    "/api/v1/annotations/{id}/replies": "/api/v1/annotations/c-13/replies",
    "/api/v1/items/{id}/annotations": "/api/v1/items/{item}/annotations",
    "/api/v1/items/{id}/history": "/api/v1/items/{item}/history",
    "/api/v1/groups": "/api/v1/groups",
    "/api/v1/groups/{slug}": "/api/v1/groups/{group}",
    "/api/v1/tags": "/api/v1/tags",
    "/api/v1/saved-searches": "/api/v1/saved-searches",
    "/api/v1/saved-searches/{id}": "/api/v1/saved-searches/{saved}",
    "/api/v1/me": "/api/v1/me",
    "/api/v1/openapi.json": "/api/v1/openapi.json",
    **dict.fromkeys((route.path for route in CLIENTS), "/linkding/health"),
    "/static/{name}": "/static/kb.css",
    "/subscription/{key}/stop": "/subscription/rien/stop",
    "/items/{id}/read/picture/{name}": f"/items/item-19/read/picture/{picture_name(PICTURE)}",
    "/g/{group}/ledger.csv": "/g/lectures/ledger.csv",
    "/static/quotation/{name}": "/static/quotation/ledger.css",
    "/static/embeds/{name}": "/static/embeds/embed.css",
    "/g/{group}/letters/{letter}": "/g/lectures/letters/lettre",
    "/g/{group}/letters/{letter}/logo.png": "/g/lectures/letters/lettre/logo.png",
    "/g/{group}/letters/{letter}.atom": "/g/lectures/letters/lettre.atom",
    "/static/newsletters/{name}": "/static/newsletters/newsletters.css",
    "/mentions": "/mentions",
    "/static/notices/{name}": "/static/notices/notices.css",
    "/static/reading/{name}": "/static/reading/reading.css",
    "/static/reading/pdfjs/{path:path}": "/static/reading/pdfjs/LICENSE",
    "/g/{group}/tags/suggest": "/g/{group}/tags/suggest?q=a",
    "/keep/{fetch}/state": "/keep/page-attendue/state",
    "/g/{group}/keep": "/g/lectures/keep",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
    "/metrics": "/metrics",
}
"""Routes that return something other than HTML, each with an example address."""

ACTS: frozenset[str] = frozenset(
    "/items/{id}/like /restore/{id} /api/v1/capture /admin/undo/{what} /mcp /lists/{id}/newsletter".split()
)
"""Routes without GET: they act, and redirect to a page or answer a program."""

FOREIGN: frozenset[str] = frozenset({"/items/{id}/copy", "/g/{group}/letters/{letter}/drafts/{issue}/preview"})
"""Routes that return a document of another site (`test_kept_copies.py` opens some), or an e-mail message."""

ERRORS = (
    Judged("bad request", "/search?page=zero", 400),
    Judged("not found", "/rien", 404),
    Judged("item not found", "/items/rien", 404),
    Judged("wrong method", "/search", 405, method="POST"),
    Judged("body too large", "/search?q=x", 413, method="POST", size=70_000),
    Judged("address too long", "/search?q=" + "x" * 33_000, 414),
)
FAILURES = (Judged("fault of ours", "/search", 500), Judged("not available", "/search", 503))
"""The error pages of a broken library (see `site.py`)."""
FRESH = (
    Judged("first page of an empty site", "/"),
    Judged("search of an empty site", "/search"),
    Judged("words on an empty site", "/search?q=agents"),
    Judged("saved searches of an empty site", "/saved"),
    Judged("first page of a fresh site, for its administrator", "/", by=OWNER),
    Judged("first steps in English", "/?lang=en", by=OWNER),
    Judged("keeping a first page", "/keep", by=OWNER),
    Judged("administration of a fresh site", "/admin", by=OWNER),
    Judged("own library, empty", f"/g/~{OWNER}", by=OWNER),
    Judged("report of a fresh site", "/admin/report", by=OWNER),
)
"""States of `a_fresh_library`."""
CLOSED = (
    Judged("results of an archived group", "/search?q=agents"),
    Judged("archived group", "/g/reseau", by=MEMBER),
    Judged("item of an archived group", "/items/reseau-0", by=OWNER),
    Judged("settings of an archived group", "/g/reseau/settings", by=OWNER),
    Judged("members of an archived group", "/g/reseau/members", by=OWNER),
    Judged("deleted group, for its owner", "/g/essai/deletion", by=OWNER),
    Judged("groups, some closed", "/admin/groups", by=OWNER),
    Judged("first page of the owner of closed groups", "/", by=OWNER),
)
"""States of `a_library_with_closed_groups`."""


def every_page() -> tuple[Judged, ...]:
    """All pages of a sound library, error pages included."""
    return (*(page for pages in PAGES.values() for page in pages), *ERRORS)
