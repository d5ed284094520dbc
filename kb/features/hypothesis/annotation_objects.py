"""Passages, comments and replies as the annotations of Hypothesis' API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item, date_of_change
from kb.model.items.selectors import selectors_of
from kb.model.people.group import Group, Visibility
from kb.model.people.user import User
from kb.services.clients.passage_listings import PageAddress, Passage, tags_of
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import static_file_address

PUBLIC = "__world__"
"""The group of everybody."""
WITHOUT_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of what has none."""


@dataclass(frozen=True, slots=True)
class ShownAs:
    """How a program knows annotations that it asks for: as those of the page whose address it has, which may be another
    one than the item's; and the user's own private ones as those of the group that is asked for.
    """

    pages: tuple[PageAddress, ...] = ()
    group: str = ""

    def url_of(self, item: Item) -> str | None:
        """The address that the program has of the page of an item: the longest, which is that of a copy."""
        return max((page.url for page in self.pages if page.is_of(item)), key=len, default=item.url)


def annotation_object(context: RequestContext, passage: Passage, shown: ShownAs = ShownAs()) -> dict[str, object]:
    """One annotation: a passage has a selector of its text, a comment has none, a reply has references."""
    part, item = passage.part, passage.item
    base = context.library.settings.base_url
    page = f"{base}/items/{item.id}"
    url = shown.url_of(item) or page
    user = account(context, part.author)
    group = shown.group if shown.group and passage.group.is_personal else passage.group.slug
    return {
        "id": part.id,
        "created": _hypothesis_time(part.added or item.added or item.updated or item.changed_at),
        "updated": _hypothesis_time(date_of_change(part, item)),
        "user": user,
        "user_info": {"display_name": part.author.name if part.author is not None else None},
        "uri": url,
        "text": part.body or "",
        "tags": list(tags_of(passage)),
        "group": group,
        "permissions": {
            "read": [_readers(context, passage.group)],
            "admin": [user],
            "update": [user],
            "delete": [user],
        },
        "target": [{"source": url, **_selectors(part)}],
        "document": {"title": [item.title] if item.title else []},
        "links": {
            "html": f"{page}#a-{part.id}",
            "incontext": f"{page}#a-{part.id}",
            "json": f"{base}/hypothesis/api/annotations/{part.id}",
        },
        "hidden": False,
        "flagged": False,
        **({"references": list(passage.above)} if passage.above else {}),
    }


def group_object(context: RequestContext, group: Group) -> dict[str, object]:
    """A group, whose id is its slug; with its organization, which is the site, if the program asks for that too."""
    public = group.visible is Visibility.EVERYONE
    return {
        "id": group.slug,
        "groupid": group.slug,
        "name": group.name,
        "links": {"html": f"{context.library.settings.base_url}/g/{group.slug}"},
        "organization": _organization(context) if ("expand", "organization") in context.params else None,
        "public": public,
        "scoped": False,
        "scopes": None,
        "pre_moderated": False,
        "type": "restricted" if public else "private",
    }


def _organization(context: RequestContext) -> dict[str, object]:
    logo = f"{context.library.settings.base_url}{static_file_address('favicon.svg')}"
    return {"id": authority(context), "name": context.site_name, "logo": logo, "default": True}


def account(context: RequestContext, user: User | None) -> str:
    """A user as Hypothesis names one; empty for a text of nobody known."""
    return f"acct:{user.login}@{authority(context)}" if user is not None else ""


def authority(context: RequestContext) -> str:
    """The host of this site, which stands after the names of its users."""
    return urlsplit(context.library.settings.base_url).hostname or "localhost"


def _readers(context: RequestContext, group: Group) -> str:
    if group.is_personal:
        return f"acct:{group.slug.removeprefix('~')}@{authority(context)}"
    return f"group:{PUBLIC if group.visible is Visibility.EVERYONE else group.slug}"


def _hypothesis_time(date: str | None) -> str:
    return (stored_instant(date) or WITHOUT_DATE).isoformat(timespec="microseconds")


def _selectors(part: Annotation | Reply) -> dict[str, object]:
    if isinstance(part, Reply):
        return {}
    selectors = selectors_of(part.selectors)
    if part.quote:
        around = {"prefix": part.prefix or "", "suffix": part.suffix or ""}
        selectors.append({"type": "TextQuoteSelector", "exact": part.quote, **around})
    return {"selector": selectors} if selectors else {}
