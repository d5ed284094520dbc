"""View counts: how often readers followed the address of an item; each reader counts once a day.

No reader is stored: the database holds a hash of reader and item, with a salt that is generated each day and overwrites
the last. After that, not even the full database shows the readers of an item. The number of each day is kept for
reports, apart for administrators and for all others.
"""

import hmac
import logging
import re
from datetime import UTC, datetime
from functools import cache
from secrets import token_hex

from kb.access.actor import Actor
from kb.errors import Unavailable
from kb.model.items.item import Item
from kb.services.core.library import Library
from kb.services.items.items import readable_item
from kb.store import WriteTransaction

_SALT_NAME = "views_salt"
"""The key of the day and its salt."""
_ROBOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|scrap|headless|preview|monitor|lighthouse|archiver|validator|link.?check|checklink"
    r"|curl/|wget/|python|java/|okhttp|go-http|libwww-perl|httpclient|axios|node-fetch|facebookexternalhit|whatsapp|embedly",
    re.IGNORECASE,
)
"""User-Agent names of programs that follow links by themselves; Cubot is a maker of telephones."""
_log = logging.getLogger(__name__)


def is_robot(agent: str) -> bool:
    """Whether the client says that it is a program that follows links by itself; browsers name themselves."""
    return not agent.strip() or _ROBOT.search(agent) is not None


def count_view(library: Library, actor: Actor, item_id: str, client: str, agent: str) -> Item:
    """Count one view of an item by the actor, unless it was counted today; return the item.

    A logged-in user is one reader; others are distinguished by network address and program. Raises NotFound. If the
    database cannot be written (the disk is full), the item is returned and the view is not counted.
    """
    day = datetime.now(UTC).date().isoformat()
    reader = f"person\0{actor.user_id}" if actor.user_id is not None else f"client\0{client}\0{agent}"
    try:
        with library.store.write() as writing:
            item, _ = readable_item(writing, actor, item_id)
            seen = hmac.new(_salt(writing, day), f"{reader}\0{item.id}".encode("utf-8", "surrogatepass"), "sha256")
            if writing.views_seen.is_new(seen.hexdigest(), day):
                writing.items.count_view(item.id)
                writing.daily_views.count(item.id, day, administrators=actor.administrator)
    except Unavailable as error:
        _warn_once(str(error))
        return item_without_counting(library, actor, item_id)
    return item


def item_without_counting(library: Library, actor: Actor, item_id: str) -> Item:
    """The item, without counting the view. Raises NotFound."""
    with library.store.read() as reading:
        return readable_item(reading, actor, item_id)[0]


def _salt(writing: WriteTransaction, day: str) -> bytes:
    """The salt of a day, which overwrites that of the day before."""
    salt_day, _, salt = (writing.meta.get(_SALT_NAME) or "").partition(" ")
    if salt_day != day:
        salt = token_hex(32)
        writing.meta.set(_SALT_NAME, f"{day} {salt}")
    return bytes.fromhex(salt)


@cache
def _warn_once(reason: str) -> None:
    _log.warning("Views are not counted: %s", reason)
