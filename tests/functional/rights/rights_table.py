"""The table of rights: a row for each route and method of the site, and for each command.

A route that has no row fails `test_rights_walk.py`.
"""

from collections.abc import Mapping

from kb.services.admin.help_texts import HELP_NAMES
from tests.functional.rights.caller_rights import Right, Row
from tests.functional.rights.client_rights import CLIENTS
from tests.functional.rights.contributing_rights import CONTRIBUTING


def _administered(address: str, **fields: str) -> Row:
    """A page of the administration: other logged-in users get 404."""
    return Row(address, Right.ADMINISTRATOR, fields, hidden=True)


_PASSWORD = "une phrase assez longue"
"""The password of each user."""

ROUTES: Mapping[tuple[str, str], Row | tuple[Row, ...]] = {
    **CONTRIBUTING,
    **CLIENTS,
    ("GET", "/"): Row("/", Right.ANYONE, shows=True),
    ("GET", "/search.{form}"): Row("/search.atom", Right.ANYONE, shows=True),
    ("GET", "/g/{group}.opml"): Row("/g/{group}.opml", Right.READ),
    ("GET", "/g/{group}.{form}"): Row("/g/{group}.rss", Right.READ),
    ("GET", "/saved.opml"): Row("/saved.opml", Right.ANYONE, shows=True),
    ("GET", "/saved/{id}.{form}"): Row("/saved/{saved}.json", Right.READ),
    ("GET", "/search"): Row("/search", Right.ANYONE, shows=True),
    ("GET", "/suggest"): Row("/suggest?q={word}", Right.ANYONE, shows=True),
    ("GET", "/g/{group}"): Row("/g/{group}", Right.READ),
    ("GET", "/g/{group}/incomplete"): Row("/g/{group}/incomplete", Right.CONTRIBUTE),
    ("GET", "/incomplete"): Row("/incomplete", Right.PERSON),
    ("GET", "/g/{group}/tags"): Row("/g/{group}/tags", Right.READ),
    ("GET", "/g/{group}/tags/edit"): Row("/g/{group}/tags/edit?tag={tag}&name=neuf", Right.MODERATE),
    ("POST", "/g/{group}/tags/edit"): Row(
        "/g/{group}/tags/edit", Right.MODERATE, {"act": "rename", "tag": "{tag}", "name": "neuf"}
    ),
    ("GET", "/bulk"): Row("/bulk?q={word}", Right.PERSON),
    ("POST", "/bulk"): Row("/bulk?q={word}", Right.PERSON, {"act": "tag", "scope": "all", "add": "neuf"}),
    ("GET", "/g/{group}/tags/suggest"): Row("/g/{group}/tags/suggest?q=a", Right.READ),
    ("GET", "/g/{group}/members"): Row("/g/{group}/members", Right.READ),
    ("POST", "/g/{group}/members"): (
        Row("/g/{group}/members", Right.MODERATE, {"act": "invite", "people": "stranger", "role": "member"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "link", "role": "reader"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "invite", "people": "zoe@exemple.fr", "role": "reader"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "approve", "login": "stranger", "role": "member"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "decline", "login": "stranger"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "revoke", "id": "i-1"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "replace", "id": "i-1"}),
        Row("/g/{group}/members", Right.MODERATE, {"act": "resend", "id": "i-1", "email": "zoe@exemple.fr"}),
        Row("/g/{group}/members", Right.MANAGE, {"act": "role", "login": "member", "role": "moderator"}),
    ),
    ("GET", "/g/{group}/members/{login}"): Row("/g/{group}/members/member", Right.MANAGE, hidden=True),
    ("POST", "/g/{group}/members/{login}"): (
        Row("/g/{group}/members/member", Right.MANAGE, {"act": "role", "role": "moderator"}, hidden=True),
        Row("/g/{group}/members/member", Right.MANAGE, {"act": "remove"}, hidden=True),
        Row("/g/{group}/members/member", Right.OWN, {"act": "hand-over", "sure": "yes"}, hidden=True),
    ),
    ("GET", "/g/{group}/settings"): Row("/g/{group}/settings", Right.MANAGE),
    ("POST", "/g/{group}/settings"): Row(
        "/g/{group}/settings", Right.MANAGE, {"name": "Autre nom", "visible": "everyone", "join": "open", "feeds": "on"}
    ),
    ("GET", "/g/{group}/join"): Row("/g/{group}/join", Right.JOIN),
    ("POST", "/g/{group}/join"): Row("/g/{group}/join", Right.JOIN),
    ("GET", "/g/{group}/deletion"): Row("/g/{group}/deletion", Right.MANAGE),
    ("POST", "/g/{group}/deletion"): Row("/g/{group}/deletion", Right.MANAGE, {"act": "delete"}),
    ("GET", "/g/{group}/leave"): Row("/g/{group}/leave", Right.ASK),
    ("POST", "/g/{group}/leave"): Row("/g/{group}/leave", Right.ASK),
    ("GET", "/g/{group}/moderation"): Row("/g/{group}/moderation", Right.MODERATE),
    ("POST", "/g/{group}/moderation"): (
        Row("/g/{group}/moderation", Right.MODERATE, {"act": "dismiss", "id": "{item}"}),
        Row("/g/{group}/moderation", Right.MODERATE, {"act": "hide", "id": "{item}"}),
        Row("/g/{group}/moderation", Right.MODERATE, {"act": "restore", "id": "{aside}"}),
        Row("/g/{group}/moderation", Right.MODERATE, {"act": "refuse", "id": "{hidden}"}),
    ),
    ("GET", "/g/{group}/bin"): Row("/g/{group}/bin", Right.CONTRIBUTE),
    ("POST", "/g/{group}/bin"): (
        Row("/g/{group}/bin", Right.MODERATE, {"act": "restore", "id": "{aside}"}),
        Row("/g/{group}/bin", Right.MANAGE, {"act": "purge", "id": "{aside}"}),
    ),
    ("GET", "/g/{group}/log"): Row("/g/{group}/log", Right.MODERATE),
    ("GET", "/g/{group}/quotation"): Row("/g/{group}/quotation", Right.MANAGE),
    ("POST", "/g/{group}/quotation"): Row("/g/{group}/quotation", Right.MANAGE, {"source": "x", "kind": "link"}),
    ("GET", "/g/{group}/ledger"): Row("/g/{group}/ledger", Right.MANAGE),
    ("POST", "/g/{group}/ledger"): Row(
        "/g/{group}/ledger", Right.MANAGE, {"act": "remove", "distribution": "sent-{group}"}
    ),
    ("GET", "/g/{group}/ledger.csv"): Row("/g/{group}/ledger.csv", Right.MANAGE),
    ("GET", "/g/{group}/webhooks"): Row("/g/{group}/webhooks?edit=webhook-{group}", Right.MANAGE),
    ("POST", "/g/{group}/webhooks"): (
        Row(
            "/g/{group}/webhooks",
            Right.MANAGE,
            {"act": "add", "url": "https://exemple.fr/x", "shape": "json", "language": "fr", "parameters": ""},
        ),
        Row(
            "/g/{group}/webhooks",
            Right.MANAGE,
            {
                "act": "change",
                "id": "webhook-{group}",
                "url": "https://exemple.fr/y",
                "shape": "json",
                "language": "fr",
            },
        ),
        Row("/g/{group}/webhooks", Right.MANAGE, {"act": "test", "id": "webhook-{group}"}),
        Row("/g/{group}/webhooks", Right.MANAGE, {"act": "remove", "id": "webhook-{group}"}),
    ),
    # With a person in the address, the figures are only for owners (`test_activity_report.py`).
    ("GET", "/g/{group}/report"): Row("/g/{group}/report?period=this-year", Right.CONTRIBUTE),
    ("GET", "/g/{group}/embed"): Row("/g/{group}/embed", Right.MANAGE),
    ("POST", "/g/{group}/embed"): Row("/g/{group}/embed", Right.MANAGE, {"origins": "https://exemple.fr"}),
    ("GET", "/embed/g/{group}"): Row("/embed/g/{group}", Right.STRANGER, hidden=True),
    ("GET", "/embed/g/{group}/tags"): Row("/embed/g/{group}/tags", Right.STRANGER, hidden=True),
    ("GET", "/embed/lists/{id}"): Row("/embed/lists/{list}", Right.STRANGER, hidden=True),
    ("GET", "/items/{id}/moderation"): Row("/items/{item}/moderation", Right.ASK),
    ("POST", "/items/{id}/moderation"): (
        Row("/items/{item}/moderation", Right.ASK, {"act": "flag", "part": "{annotation}"}),
        Row("/items/{item}/moderation", Right.MODERATE, {"act": "hide", "part": "{annotation}"}),
        # The owner shared the item: moderators may remove it, other members may not.
        Row("/items/{item}/moderation", Right.MODERATE, {"act": "remove"}),
    ),
    ("POST", "/restore/{id}"): Row("/restore/{aside}", Right.MODERATE, hidden=True, asks=True),
    ("GET", "/keep"): Row("/keep?group={group}&url=https://exemple.fr/{group}", Right.PERSON),
    ("POST", "/keep"): (
        Row("/keep", Right.CONTRIBUTE, {"act": "save", "group": "{group}", "title": "Neuf"}, asks=True),
        Row("/keep", Right.CONTRIBUTE, {"act": "add", "item": "{item}", "title": "Neuf", "tags": "x"}, asks=True),
        Row("/keep", Right.PERSON, {"act": "look", "url": "https://exemple.fr/{group}"}),
        Row("/keep", Right.PERSON, {"act": "more", "group": "{group}"}),
    ),
    ("GET", "/g/{group}/keep"): Row("/g/{group}/keep", Right.CONTRIBUTE),
    ("GET", "/keep/file"): Row("/keep/file?group={group}", Right.PERSON),
    # Without a file: it is refused after the right is checked (`test_web_files.py` sends files).
    ("POST", "/keep/file"): Row("/keep/file", Right.CONTRIBUTE, {"group": "{group}", "title": "Neuf"}, asks=True),
    ("GET", "/items/{id}/file"): Row("/items/{item}/file", Right.READ),
    ("GET", "/keep/tools"): Row("/keep/tools", Right.PERSON),
    # Fetches are private to each user: the site of the walk has none.
    ("GET", "/keep/{fetch}/state"): Row("/keep/rien/state", Right.PERSON, others=True),
    ("GET", "/manifest.webmanifest"): Row("/manifest.webmanifest", Right.ANYONE),
    ("GET", "/groups/new"): Row("/groups/new", Right.PERSON),
    ("POST", "/groups/new"): Row("/groups/new", Right.PERSON, {"name": "Neuf", "visible": "members", "join": "invite"}),
    ("GET", "/invitations"): Row("/invitations", Right.PERSON),
    ("POST", "/invitations"): Row("/invitations", Right.PERSON, {"act": "accept", "id": "i-2"}, others=True),
    ("GET", "/g/{group}/vocabulary"): Row("/g/{group}/vocabulary", Right.READ),
    ("GET", "/g/{group}/vocabulary.{form}"): Row("/g/{group}/vocabulary.ttl", Right.READ),
    ("GET", "/g/{group}/vocabulary/term"): Row("/g/{group}/vocabulary/term?id={concept}", Right.MODERATE),
    ("POST", "/g/{group}/vocabulary/term"): (
        Row("/g/{group}/vocabulary/term", Right.MODERATE, {"act": "save", "lang-0": "fr", "preferred-0": "neuf"}),
        Row("/g/{group}/vocabulary/term", Right.MODERATE, {"act": "undo", "before": "gone", "id": "{concept}"}),
    ),
    ("GET", "/g/{group}/vocabulary/import"): Row("/g/{group}/vocabulary/import", Right.MODERATE),
    ("POST", "/g/{group}/vocabulary/import"): (
        Row("/g/{group}/vocabulary/import", Right.MODERATE, {"act": "preview"}),
        Row("/g/{group}/vocabulary/import", Right.MODERATE, {"act": "apply", "packed": "eJwDAAAAAAE="}),
    ),
    ("GET", "/g/{group}/vocabulary/remove"): Row("/g/{group}/vocabulary/remove?id={concept}", Right.MODERATE),
    ("POST", "/g/{group}/vocabulary/remove"): Row("/g/{group}/vocabulary/remove", Right.MODERATE, {"id": "{concept}"}),
    ("GET", "/g/{group}/tag/{tag:path}"): Row("/g/{group}/tag/{tag}", Right.READ),
    ("GET", "/follow"): Row("/follow?feed=/g/{group}.atom", Right.READ),
    ("GET", "/following"): Row("/following", Right.PERSON),
    ("POST", "/following"): (
        Row(
            "/following",
            Right.ASK,
            {"act": "follow", "name": "Suivi", "parameters": "q={word}&group={group}"},
            asks=True,
        ),
        Row("/following", Right.ASK, {"act": "follow", "name": "Suivi", "parameters": "list={list}"}, asks=True),
        Row("/following", Right.PERSON, {"act": "remove", "id": "f-personne"}, others=True),
        Row("/following", Right.PERSON, {"act": "feeds"}),
    ),
    ("GET", "/following.opml"): Row("/following.opml", Right.PERSON),
    ("GET", "/following/{id}"): Row("/following/f-personne", Right.PERSON, others=True),
    ("POST", "/following/{id}"): Row("/following/f-personne", Right.PERSON, {"through": "1"}, others=True),
    ("GET", "/saved"): Row("/saved", Right.ANYONE, shows=True),
    ("GET", "/saved/new"): Row("/saved/new?q=agents", Right.PERSON),
    ("POST", "/saved/new"): (
        Row("/saved/new", Right.CONTRIBUTE, {"group": "{group}", "name": "Autre suivi", "parameters": "q={word}"}),
        Row("/saved/new", Right.CONTRIBUTE, {"change": "{saved}", "name": "Suivi", "parameters": "q=autre"}),
    ),
    ("GET", "/saved/{id}/edit"): Row("/saved/{saved}/edit", Right.CONTRIBUTE),
    ("POST", "/saved/{id}/edit"): (
        Row("/saved/{saved}/edit", Right.CONTRIBUTE, {"act": "rename", "name": "Autre nom"}),
        Row("/saved/{saved}/edit", Right.CONTRIBUTE, {"act": "remove"}),
        Row(
            "/saved/{gone}/edit",
            Right.CONTRIBUTE,
            {"act": "restore", "group": "{group}", "name": "Rendue", "parameters": "q={word}"},
        ),
    ),
    ("GET", "/saved/{id}"): Row("/saved/{saved}", Right.READ),
    ("GET", "/items/{id}"): Row("/items/{item}", Right.READ),
    # The owner wrote the passage: no other user may change its text.
    ("GET", "/g/{group}/people"): Row("/g/{group}/people", Right.CONTRIBUTE),
    ("GET", "/notices"): Row("/notices", Right.PERSON),
    ("POST", "/notices"): (
        Row("/notices", Right.PERSON, {"act": "all-seen", "until": "2999"}),
        Row("/notices", Right.PERSON, {"act": "seen", "id": "{gone}"}),
    ),
    ("GET", "/notices/settings"): Row("/notices/settings", Right.PERSON),
    ("POST", "/notices/settings"): Row("/notices/settings", Right.PERSON, {"mention": "day"}),
    # The owner wrote the hidden text.
    ("GET", "/notices/correct/{id}"): Row("/notices/correct/{hidden}", Right.OWN, hidden=True, asks=True),
    ("POST", "/notices/correct/{id}"): Row(
        "/notices/correct/{hidden}", Right.OWN, {"text": "Autrement."}, hidden=True, asks=True
    ),
    ("GET", "/mentions"): Row("/mentions", Right.ANYONE),
    ("GET", "/source-line"): Row("/source-line?text=Lagazette.fr%2C+7+nov+2014", Right.PERSON),
    ("GET", "/items/{id}/read"): Row("/items/{item}/read", Right.READ),
    ("GET", "/items/{id}/read/picture/{name}"): Row("/items/{item}/read/picture/{picture}", Right.READ),
    ("GET", "/g/{group}/changed-passages"): Row("/g/{group}/changed-passages", Right.READ),
    ("GET", "/items/{id}/versions"): Row("/items/{item}/versions", Right.READ),
    ("GET", "/items/{id}/read/pages"): Row("/items/{item}/read/pages", Right.READ),
    ("GET", "/items/{id}/go"): Row("/items/{item}/go", Right.READ),
    ("GET", "/items/{id}/copy"): Row("/items/{item}/copy", Right.READ),
    ("GET", "/items/{id}/copy/delete"): Row("/items/{item}/copy/delete", Right.CONTRIBUTE),
    ("POST", "/items/{id}/copy/delete"): Row("/items/{item}/copy/delete", Right.CONTRIBUTE),
    ("GET", "/items/{id}/cite"): Row("/items/{item}/cite", Right.READ),
    ("GET", "/items/{id}/history"): Row("/items/{item}/history", Right.READ),
    ("GET", "/account/data"): Row("/account/data", Right.PERSON),
    ("POST", "/account/data"): Row("/account/data", Right.PERSON),
    ("GET", "/account/delete"): Row("/account/delete", Right.PERSON),
    ("POST", "/account/delete"): Row(
        "/account/delete", Right.PERSON, {"words": "keep", "proof": "une phrase assez longue"}
    ),
    ("GET", "/login"): Row("/login", Right.ANYONE),
    ("POST", "/login"): Row("/login", Right.ANYONE, {"login": "owner", "password": "une phrase assez longue"}),
    # The site of the walk has no identity provider, so nobody finds these pages.
    ("GET", "/login/provider"): Row("/login/provider", Right.ANYONE, others=True),
    ("GET", "/login/provider/back"): Row("/login/provider/back?state=a&code=b", Right.ANYONE, others=True),
    ("GET", "/login/provider/new"): Row("/login/provider/new", Right.ANYONE),
    ("POST", "/login/provider/new"): (
        Row("/login/provider/new", Right.ANYONE, {"act": "make", "login": "nouvelle", "name": "Nouvelle"}),
        Row("/login/provider/new", Right.ANYONE, {"act": "prove", "login": "owner", "password": "une phrase"}),
    ),
    ("GET", "/account/identity"): Row("/account/identity", Right.PERSON),
    ("POST", "/account/identity"): (
        Row("/account/identity", Right.PERSON, {"act": "attach", "password": "une phrase assez longue"}, others=True),
        Row("/account/identity", Right.PERSON, {"act": "detach", "issuer": "a", "subject": "b"}, others=True),
    ),
    ("GET", "/logout"): Row("/logout", Right.ANYONE),
    ("POST", "/logout"): Row("/logout", Right.ANYONE),
    ("GET", "/welcome/{secret}"): Row("/welcome/{invitation}", Right.ANYONE),
    ("POST", "/welcome/{secret}"): Row(
        "/welcome/{invitation}",
        Right.ANYONE,
        {"login": "nouvelle", "name": "Nouvelle", "password": "une phrase assez longue"},
    ),
    ("GET", "/reset"): Row("/reset", Right.ANYONE),
    ("POST", "/reset"): Row("/reset", Right.ANYONE, {"login": "owner"}),
    ("GET", "/subscribe"): Row("/subscribe", Right.ANYONE),
    ("POST", "/subscribe"): Row("/subscribe", Right.ANYONE, {"email": "lectrice@exemple.org", "rhythm": "daily"}),
    ("GET", "/subscribe/{key}"): Row("/subscribe/{request}", Right.ANYONE),
    ("POST", "/subscribe/{key}"): Row("/subscribe/{request}", Right.ANYONE),
    ("GET", "/subscription/{key}"): Row("/subscription/{subscription}", Right.ANYONE),
    ("POST", "/subscription/{key}"): (
        Row("/subscription/{subscription}", Right.ANYONE, {"act": "save", "weekday": "2", "hour": "9"}),
        Row("/subscription/{subscription}", Right.ANYONE, {"act": "stop"}),
    ),
    ("GET", "/subscription/{key}/stop"): Row("/subscription/{subscription}/stop", Right.ANYONE),
    ("POST", "/subscription/{key}/stop"): Row("/subscription/{subscription}/stop", Right.ANYONE),
    ("GET", "/account"): Row("/account", Right.PERSON),
    ("POST", "/account"): (
        Row("/account", Right.PERSON, {"act": "name", "name": "Autre nom"}),
        Row("/account", Right.PERSON, {"act": "email", "email": "", "proof": _PASSWORD}),
        Row("/account", Right.PERSON, {"act": "password", "present": _PASSWORD, "password": "une autre phrase longue"}),
        Row("/account", Right.PERSON, {"act": "end-others"}),
        Row("/account", Right.PERSON, {"act": "end", "id": "s-personne"}, others=True),
    ),
    ("GET", "/account/tokens"): Row("/account/tokens", Right.PERSON),
    ("POST", "/account/tokens"): (
        Row("/account/tokens", Right.PERSON, {"act": "make", "name": "Veille", "scope": "write", "days": "30"}),
        Row("/account/tokens", Right.PERSON, {"act": "revoke", "id": "t-personne"}, others=True),
    ),
    ("GET", "/account/feeds"): Row("/account/feeds", Right.PERSON),
    ("POST", "/account/feeds"): (
        Row("/account/feeds", Right.PERSON, {"act": "make", "feed": "/search.atom?q=eau"}),
        Row("/account/feeds", Right.PERSON, {"act": "revoke", "id": "k-personne"}, others=True),
    ),
    ("GET", "/email/{secret}"): Row("/email/aucun", Right.PERSON, others=True),
    ("POST", "/email/{secret}"): Row("/email/aucun", Right.PERSON, {}, others=True),
    ("GET", "/reset/{secret}"): Row("/reset/{reset}", Right.ANYONE),
    ("POST", "/reset/{secret}"): Row("/reset/{reset}", Right.ANYONE, {"password": "une autre phrase longue"}),
    ("GET", "/admin"): _administered("/admin"),
    ("POST", "/admin"): _administered("/admin", act="dismiss"),
    ("GET", "/admin/accounts"): _administered("/admin/accounts"),
    ("GET", "/admin/accounts/{login}"): _administered("/admin/accounts/member"),
    ("POST", "/admin/accounts/{login}"): (
        _administered("/admin/accounts/member", act="change", name="Autre nom", email=""),
        _administered("/admin/accounts/member", act="link"),
        _administered("/admin/accounts/member", act="sign-out"),
        _administered("/admin/accounts/member", act="close", sure="yes"),
        _administered("/admin/accounts/member", act="make-administrator", sure="yes"),
    ),
    ("GET", "/admin/invitations"): _administered("/admin/invitations"),
    ("POST", "/admin/invitations"): (
        _administered("/admin/invitations", act="link"),
        _administered("/admin/invitations", act="revoke", id="i-1"),
        _administered("/admin/invitations", act="replace", id="i-1"),
        _administered("/admin/invitations", act="resend", id="i-1", email="zoe@exemple.fr"),
    ),
    ("GET", "/admin/site"): _administered("/admin/site"),
    ("POST", "/admin/site"): _administered("/admin/site", **{"text-fr": "Nos lectures."}),
    ("GET", "/admin/site/{name}"): _administered("/admin/site/accessibilite"),
    ("POST", "/admin/site/{name}"): _administered(
        "/admin/site/accessibilite", act="save", language="fr", text="# Titre\n\nTexte."
    ),
    ("POST", "/admin/undo/{what}"): _administered("/admin/undo/accueil"),
    ("GET", "/admin/groups"): _administered("/admin/groups"),
    ("GET", "/admin/log"): _administered("/admin/log"),
    ("GET", "/admin/subscribers"): _administered("/admin/subscribers"),
    ("POST", "/admin/subscribers"): _administered("/admin/subscribers", email="lectrice@exemple.org"),
    ("GET", "/admin/report"): _administered("/admin/report"),
    ("GET", "/admin/forget/{login}"): _administered("/admin/forget/member"),
    ("POST", "/admin/forget/{login}"): (
        _administered("/admin/forget/member", words="keep", sure="member"),
        _administered("/admin/forget/importee", words="remove", alone="on", sure="importee"),
    ),
    ("GET", "/admin/authors"): _administered("/admin/authors"),
    ("GET", "/admin/authors/{login}"): _administered("/admin/authors/importee"),
    ("POST", "/admin/authors/{login}"): _administered(
        "/admin/authors/importee", act="merge", login="member", sure="yes"
    ),
    ("GET", "/mentions-legales"): Row("/mentions-legales", Right.ANYONE),
    ("GET", "/donnees-personnelles"): Row("/donnees-personnelles", Right.ANYONE),
    ("GET", "/accessibilite"): Row("/accessibilite", Right.ANYONE),
    ("GET", "/aide"): Row("/aide", Right.ANYONE),
    **{("GET", f"/aide/{name}"): Row(f"/aide/{name}", Right.ANYONE) for name in HELP_NAMES},
    ("GET", "/robots.txt"): Row("/robots.txt", Right.ANYONE),
    ("GET", "/sitemap.xml"): Row("/sitemap.xml", Right.ANYONE),
    ("GET", "/sitemap/{part}.xml"): Row("/sitemap/groups.xml", Right.ANYONE),
    ("GET", "/logo.png"): Row("/logo.png", Right.ANYONE),
    ("GET", "/theme.css"): Row("/theme.css", Right.ANYONE),
    ("GET", "/unapi"): Row("/unapi?id={item}&format=ris", Right.READ),
    ("GET", "/oai"): Row("/oai?verb=ListRecords&metadataPrefix=oai_dc", Right.ANYONE),
    ("GET", "/sru"): Row("/sru?query=cql.allRecords=1", Right.ANYONE),
    ("POST", "/oai"): Row("/oai", Right.ANYONE, {"verb": "ListRecords", "metadataPrefix": "oai_dc"}, token=True),
    ("GET", "/opensearch.xml"): Row("/opensearch.xml", Right.ANYONE),
    # Diigo's addresses redirect to feeds of this site, which ask for the rights.
    ("GET", "/group/{group}/rss"): Row("/group/{group}/rss", Right.ANYONE),
    ("GET", "/group/{group}/rss/tag/{tag:path}"): Row("/group/{group}/rss/tag/{tag}", Right.ANYONE),
    ("GET", "/rss/user/{user}"): Row("/rss/user/member", Right.ANYONE),
    ("GET", "/rss/user/{user}/{tag:path}"): Row("/rss/user/member/{tag}", Right.ANYONE),
    ("GET", "/rss/tag/{tag:path}"): Row("/rss/tag/{tag}", Right.ANYONE),
    ("GET", "/api/v1/search"): Row("/api/v1/search", Right.ANYONE, shows=True),
    ("GET", "/api/v1/items"): Row("/api/v1/items", Right.ANYONE, shows=True),
    ("GET", "/api/v1/items/{id}"): Row("/api/v1/items/{item}", Right.READ),
    ("GET", "/api/v1/items/{id}/history"): Row("/api/v1/items/{item}/history", Right.READ),
    ("GET", "/api/v1/items/{id}/annotations"): Row("/api/v1/items/{item}/annotations", Right.READ),
    ("GET", "/api/v1/groups"): Row("/api/v1/groups", Right.ANYONE, shows=True),
    ("GET", "/api/v1/groups/{slug}"): Row("/api/v1/groups/{group}", Right.READ),
    ("GET", "/api/v1/tags"): Row("/api/v1/tags", Right.ANYONE, shows=True),
    ("GET", "/api/v1/saved-searches"): Row("/api/v1/saved-searches", Right.ANYONE, shows=True),
    ("GET", "/api/v1/saved-searches/{id}"): Row("/api/v1/saved-searches/{saved}", Right.READ),
    ("GET", "/api/v1/me"): Row("/api/v1/me", Right.PERSON),
    ("POST", "/api/v1/saved-searches"): Row(
        "/api/v1/saved-searches",
        Right.CONTRIBUTE,
        {"group": "{group}", "name": "Autre suivi", "query": "q={word}"},
        token=True,
    ),
    ("DELETE", "/api/v1/saved-searches/{id}"): Row("/api/v1/saved-searches/{saved}", Right.CONTRIBUTE, token=True),
    ("POST", "/api/v1/items"): Row(
        "/api/v1/items", Right.CONTRIBUTE, {"group": "{group}", "title": "Un autre titre"}, token=True
    ),
    ("POST", "/api/v1/capture"): (
        Row(
            "/api/v1/capture",
            Right.CONTRIBUTE,
            {"group": "{group}", "url": "https://exemple.fr/autre"},
            token=True,
            file="<title>Une page</title><p>Une page.",
        ),
        # The address of an existing item.
        Row(
            "/api/v1/capture",
            Right.CONTRIBUTE,
            {"group": "{group}", "url": "https://exemple.fr/{group}"},
            token=True,
            file="<title>Une page</title><p>Une page.",
        ),
    ),
    ("PATCH", "/api/v1/items/{id}"): Row("/api/v1/items/{item}", Right.CONTRIBUTE, {"title": "Autre"}, token=True),
    ("DELETE", "/api/v1/items/{id}"): Row("/api/v1/items/{item}", Right.MODERATE, token=True),
    ("POST", "/api/v1/items/{id}/annotations"): Row(
        "/api/v1/items/{item}/annotations", Right.CONTRIBUTE, {"body": "Un mot."}, token=True
    ),
    ("GET", "/api/v1/annotations/{id}"): Row("/api/v1/annotations/{annotation}", Right.READ),
    ("PATCH", "/api/v1/annotations/{id}"): Row(
        "/api/v1/annotations/{annotation}", Right.OWN, {"body": "Un autre mot."}, token=True
    ),
    ("DELETE", "/api/v1/annotations/{id}"): Row("/api/v1/annotations/{annotation}", Right.MODERATE, token=True),
    ("GET", "/api/v1/annotations/{id}/replies"): Row("/api/v1/annotations/{annotation}/replies", Right.READ),
    ("POST", "/api/v1/annotations/{id}/replies"): Row(
        "/api/v1/annotations/{annotation}/replies", Right.CONTRIBUTE, {"body": "Une réponse."}, token=True
    ),
    ("GET", "/api/v1/openapi.json"): Row("/api/v1/openapi.json", Right.ANYONE),
    ("POST", "/mcp"): Row("/mcp", Right.ANYONE, {"jsonrpc": "2.0", "id": "1", "method": "ping"}, token=True),
    ("GET", "/static/{name}"): Row("/static/kb.css", Right.ANYONE),
    ("GET", "/static/quotation/{name}"): Row("/static/quotation/ledger.css", Right.ANYONE),
    ("GET", "/static/embeds/{name}"): Row("/static/embeds/embed.css", Right.ANYONE),
    ("GET", "/static/notices/{name}"): Row("/static/notices/notices.css", Right.ANYONE),
    ("GET", "/static/reading/{name}"): Row("/static/reading/reading.css", Right.ANYONE),
    ("GET", "/static/reading/pdfjs/{path:path}"): Row("/static/reading/pdfjs/LICENSE", Right.ANYONE),
    ("GET", "/healthz"): Row("/healthz", Right.ANYONE),
    ("GET", "/readyz"): Row("/readyz", Right.ANYONE),
    ("GET", "/metrics"): Row("/metrics", Right.NOBODY),
}


def rows_of(method: str, path: str) -> tuple[Row, ...]:
    """The rows of a route: one, or one for each action of its form."""
    rows = ROUTES[method, path]
    return rows if isinstance(rows, tuple) else (rows,)


def changes(method: str, path: str) -> bool:
    """Whether a route changes something."""
    return method != "GET" or rows_of(method, path)[0].changes


COMMANDS = frozenset(
    {
        *(
            "serve",
            "demo",
            "import",
            "export",
            "search",
            "passages check",
            *("digest send", "digest list", "digest erase"),
            "group add",
            "group list",
            "group languages",
        ),
        *(
            "user add",
            "user list",
            "user password",
            "user link",
            "user close",
            "user open",
            "user admin",
            "user identity",
        ),
        "letter send",
        "passages check",
        *("serve", "demo", "import", "export", "search", "group add", "group list", "group member"),
        "group languages",
        *("user add", "user list", "user password", "user link", "user close", "user open", "user admin"),
        *("group archive", "group unarchive", "group delete", "group restore", "group files", "files check"),
        *("person data", "person forget"),
        *("token add", "token list", "token revoke"),
        *("saved add", "saved list", "saved remove", "vocabulary import", "vocabulary export", "vocabulary list"),
        *("vocabulary add", "vocabulary remove", "page list", "page show", "page set", "page reset"),
        *("index rebuild", "index check", "migrate", "sweep", "backup", "restore"),
    }
)
"""Users who can run a command have access to the files of the database: they have the rights of the operator."""
