"""The sites whose pages may show a frame of a group: typed, checked, stored and read by the group's owners."""

import re

from ada_url import URL

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Invalid
from kb.features.embeds.records import store_origins, stored_origins
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library

MOST_ORIGINS = 20
LONGEST_ORIGIN = 200
LONGEST_TYPED = MOST_ORIGINS * (LONGEST_ORIGIN + 2)
_WILDCARD = "*."
_ORIGIN = re.compile(r"https?://(?:\*\.(?=[a-z0-9-]+\.))?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?", re.ASCII)
"""A source of the header Content-Security-Policy: nothing that could end it or add another directive."""


def parse_origins(typed: str) -> tuple[str, ...]:
    """The origins of typed addresses, separated by spaces, commas or lines; `https://*.example.org` is any site below.

    A whole address of a page stands for its site, a name alone for https. Raises Invalid.
    """
    if len(typed) > LONGEST_TYPED:
        raise Invalid("At most %(count)s sites can show the frames of a group.", count=MOST_ORIGINS)
    origins = dict.fromkeys(_origin(part) for part in typed.replace(",", " ").replace(";", " ").split())
    if len(origins) > MOST_ORIGINS:
        raise Invalid("At most %(count)s sites can show the frames of a group.", count=MOST_ORIGINS)
    return tuple(origins)


def _origin(typed: str) -> str:
    address = typed if "://" in typed else f"https://{typed}"
    scheme, _, rest = address.partition("://")
    is_wildcard = rest.startswith(_WILDCARD)
    try:
        url = URL(f"{scheme}://{rest.removeprefix(_WILDCARD)}")
    except ValueError:
        origin = ""
    else:
        # The parser has written the host in ASCII and lower case.
        origin = "" if url.username or url.password else f"{url.protocol}//{_WILDCARD * is_wildcard}{url.host}"
    if len(origin) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(origin):
        raise Invalid(
            "“%(address)s” is no address of a site: https://intranet.example.org was expected.", address=typed[:100]
        )
    return origin


def origins_of_group(library: Library, group_id: str) -> tuple[str, ...]:
    """The sites whose pages may show the frames of a group. They stand in the headers of its frames, for everyone."""
    with library.store.read() as reading:
        return stored_origins(reading.connection, group_id)


def change_origins(library: Library, actor: Actor, slug: str, typed: str) -> None:
    """Replace the sites whose pages may show frames of a group. Raises NotFound, LoginNeeded, Forbidden, Invalid."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
        store_origins(writing.connection, group.id, parse_origins(typed))
        write_audit_log(writing, actor, AuditEvent.GROUP_CHANGED, group_id=group.id, subject=group.id, detail="embeds")
