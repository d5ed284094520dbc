"""The addresses of pages on which users save, write and organise; in the form of `addresses.py`."""

from collections.abc import Mapping

from tests.browser.support.checked_pages import HIDDEN, MEMBER, OWNER, STRANGER, Judged

CONTRIBUTING: Mapping[str, tuple[Judged, ...]] = {
    "/g/{group}/tags/edit": (
        Judged("tags to be put in order", "/g/lectures/tags/edit", by=OWNER),
        Judged("tags to be put in order, in English", "/g/lectures/tags/edit?q=zzzz&lang=en", by=OWNER),
        Judged("a tag", "/g/lectures/tags/edit?tag=archives", own=True, by=OWNER),
        Judged("a tag renamed", "/g/lectures/tags/edit?tag=archives&tag=agents&name=eau", own=True, by=OWNER),
        Judged("a tag taken away", "/g/lectures/tags/edit?tag=archives&act=delete&lang=en", own=True, by=OWNER),
        Judged("no such tag", "/g/lectures/tags/edit?tag=zzzz", 404, by=OWNER),
    ),
    "/bulk": (
        Judged("tags of items", "/bulk?q={word}&act=tag&item={item}&item=item-14", by=OWNER),
        Judged("items to the trash, in English", "/bulk?group=lectures&act=bin&scope=all&lang=en", by=MEMBER),
        Judged("items into a list", "/bulk?q={word}&act=list&scope=all", by=OWNER),
        Judged("items to another group", "/bulk?q={word}&act=move&item={item}&lang=en", by=OWNER),
        Judged("items to read", "/bulk?q={word}&act=later&item={item}", by=MEMBER),
        Judged("nothing ticked", "/bulk?q=zzzz", by=MEMBER),
    ),
    "/g/{group}/import": (
        Judged("importing a file", "/g/lectures/import", by=MEMBER),
        Judged("files that were sent", "/g/lectures/import?lang=en", by=OWNER),
    ),
    "/g/{group}/dead-links": (
        Judged("dead addresses", "/g/lectures/dead-links", by=MEMBER),
        Judged("no dead address", "/g/atelier/dead-links?lang=en", by=OWNER),
    ),
    "/g/{group}/duplicates": (
        Judged("pages kept twice", "/g/lectures/duplicates", by=OWNER),
        Judged("pages kept twice, for a member", "/g/lectures/duplicates?lang=en", by=MEMBER),
        Judged("no page kept twice", "/g/atelier/duplicates", by=OWNER),
    ),
    "/items/{id}/edit": (
        Judged("editing an item", "/items/item-13/edit", by=MEMBER),
        Judged("editing a hostile item", "/items/trap/edit?lang=en", by=OWNER),
    ),
    "/items/{id}/move": (
        Judged("moving an item", "/items/item-13/move", by=OWNER),
        Judged("copying an item", "/items/item-13/move?lang=en", by=STRANGER),
        Judged("copying a hostile item", "/items/trap/move", by=MEMBER),
    ),
    "/later": (
        Judged("reading list", "/later", by=MEMBER),
        Judged("reading list, read", "/later?show=all&lang=en", by=MEMBER),
        Judged("empty reading list", "/later", by=STRANGER),
    ),
    "/g/{group}/lists": (
        Judged("lists of a group", "/g/lectures/lists", own=True),
        Judged("lists, for a member", "/g/lectures/lists?lang=en", by=MEMBER),
        Judged("no list yet", "/g/atelier/lists", by=OWNER),
    ),
    "/lists/{id}": (
        Judged("a list", "/lists/plan", own=True),
        Judged("an empty list", "/lists/vide", by=OWNER),
    ),
    "/lists/{id}/edit": (
        Judged("changing a list", "/lists/plan/edit?q=agents", by=OWNER),
        Judged("changing an empty list", "/lists/vide/edit?lang=en&q=zzzz", by=OWNER),
    ),
    "/lists": (
        Judged("my lists", "/lists", by=OWNER),
        Judged("my lists, none found", "/lists?q=zzzz&lang=en", by=OWNER),
        Judged("no list of mine", "/lists", by="marie"),
    ),
    "/lists/add": (
        Judged("into a list", "/lists/add?item=item-13", by=OWNER),
        Judged("into a first list", "/lists/add?item=item-13&lang=en", by="marie"),
    ),
    "/export": (
        Judged("export of a search", "/export?q=agents"),
        Judged("export of everything, in English", "/export?lang=en"),
    ),
    "/g/{group}/export": (Judged("export of a group", "/g/{group}/export"),),
    "/lists/{id}/export": (Judged("export of a list", "/lists/plan/export", own=True),),
    "/saved/{id}/export": (Judged("export of a saved search", "/saved/{saved}/export"),),
    "/lists/{id}/review": (
        Judged("review of a list", "/lists/plan/review", own=True),
        Judged("choice of passages", "/lists/plan/review?choose=1", by=OWNER),
    ),
    "/review": (
        Judged("review of a search", "/review?q=agents&order=source"),
        Judged("review of nothing", "/review?q=zzzz&lang=en"),
    ),
    "/imports/{id}": (
        Judged("a file that is read", "/imports/lu", by=OWNER),
        Judged("a file that waits for a decision", "/imports/montre", by=OWNER),
        Judged("a file that is brought in", "/imports/voulu?lang=en", by=OWNER),
        Judged("a file that was brought in", "/imports/fini", by=OWNER),
        Judged("a file that was not recognised", "/imports/inconnu", by=OWNER),
        Judged("a file that could not be read", "/imports/rate", by=OWNER),
    ),
    "/items/{id}/annotate": (
        Judged("adding a passage", "/items/item-13/annotate", by=MEMBER),
        Judged("adding a comment, in English", "/items/item-13/annotate?kind=comment&lang=en", by=MEMBER),
    ),
    "/items/{id}/reply": (Judged("replying", "/items/item-13/reply?to=c-13", by=MEMBER),),
    "/items/{id}/words": (Judged("changing one’s words", "/items/item-15/words?part=n-15&lang=en", by=OWNER),),
    "/items/{id}/private": (Judged("a private note", "/items/item-13/private", by=STRANGER),),
    "/keep": (
        Judged("keeping a page", "/keep", by=MEMBER),
        Judged(
            "keeping a page that is known",
            "/keep?url=https://www.exemple-6.fr/13&title=Les+agents&quote=Un+passage&cut=1&group=lectures&lang=en",
            by=MEMBER,
        ),
    ),
    "/keep/tools": (
        Judged("keeping from the browser", "/keep/tools", by=MEMBER),
        Judged("keeping from the browser, in English", "/keep/tools?lang=en", by=MEMBER),
        Judged("the bookmark of Hypothesis", "/hypothesis", by=MEMBER),
        Judged("the bookmark of Hypothesis, in English", "/hypothesis?lang=en", by=MEMBER),
        Judged("a login of Hypothesis", "/hypothesis/authorize?client_id=florilege&state=a", by=MEMBER),
    ),
    "/keep/file": (
        Judged("upload of a file", "/keep/file", by=MEMBER),
        Judged("upload of a file, in English", "/keep/file?lang=en", by=MEMBER),
    ),
    "/notices": (
        Judged("notices and decisions", "/notices", by=OWNER),
        Judged("notices in English", "/notices?lang=en", by=MEMBER),
        Judged("no notice yet", "/notices", by=STRANGER),
    ),
    "/notices/correct/{id}": (
        Judged("correcting a hidden text", f"/notices/correct/{HIDDEN}", by=MEMBER),
        Judged("correcting a hidden text, in English", f"/notices/correct/{HIDDEN}?lang=en", by=MEMBER),
    ),
    "/notices/settings": (
        Judged("what one is told of", "/notices/settings", by=MEMBER),
        Judged("what one is told of, in English", "/notices/settings?lang=en", by=MEMBER),
    ),
}
