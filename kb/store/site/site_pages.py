"""Pages whose text an administrator has written."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select

from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.site_tables import pages

_STARTS = select(
    pages.c.name, pages.c.language, func.substr(pages.c.body, 1, bindparam("length")), pages.c.changed_at
).order_by(pages.c.name, pages.c.language)


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page in one language, and when it was written (RFC 3339)."""

    name: str
    language: str
    body: str
    changed_at: str


_PAGES = ValueColumns(pages, PageText)


class PagesReading(Repository):
    """Written pages, in one transaction."""

    def get(self, name: str, language: str) -> PageText | None:
        """The text of a page; None if no administrator has written one."""
        chosen = _PAGES.select.where(pages.c.name == name, pages.c.language == language)
        return _PAGES.first(self.connection, chosen)

    def starts(self, length: int) -> tuple[PageText, ...]:
        """Every written text, truncated after `length` characters; by name and language."""
        return tuple(PageText(*row) for row in run_compiled_select(self.connection, _STARTS, {"length": length}))


class WrittenPages(PagesReading):
    """Written pages, in a write transaction."""

    def set(self, name: str, language: str, body: str) -> None:
        """Replace the text of a page. Raises Invalid for a text that cannot be stored."""
        self._replace(pages, _PAGES.row(PageText(name, language, body, timestamp_now())))

    def clear(self, name: str, language: str) -> None:
        """Restore the text that ships with the program."""
        self._write(delete(pages).where(pages.c.name == name, pages.c.language == language))
