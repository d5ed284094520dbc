"""The notices that a user reads."""

from kb.features.notices.notices import notice_page, waiting_count
from kb.services.core.library import Library
from tests.factories.moderation import actor_of

ReadNotice = tuple[str, str, str]


def notices_of(library: Library, login: str) -> list[ReadNotice]:
    """Kind, author and text of the notices that a user reads, the newest first; all counts agree with them."""
    actor = actor_of(library, login)
    page = notice_page(library, actor)
    assert page.total == len(page.notices) == sum(page.counts.values())
    assert page.unread == sum(notice.is_unread for notice in page.notices)
    assert waiting_count(library, actor) == page.unread + page.decisions.total
    return [
        (
            notice.row.kind.value,
            notice.by.login if notice.by else "",
            ((notice.part.annotation or notice.part.reply).body or "") if notice.part and not notice.part.item else "",  # type: ignore[union-attr]
        )
        for notice in page.notices
    ]
