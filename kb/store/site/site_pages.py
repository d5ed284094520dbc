"""Pages whose text an administrator has written."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint
from kb.store.tables.library_tables import pages

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


@dataclass(frozen=True, slots=True)
class PagesReading:
    """Written pages, in one transaction."""

    connection: Connection

    def get(self, name: str, language: str) -> PageText | None:
        """The text of a page; None if no administrator has written one."""
        row = self.connection.execute(
            select(pages.c.name, pages.c.language, pages.c.body, pages.c.changed_at).where(
                pages.c.name == name, pages.c.language == language
            )
        ).first()
        return PageText(*row) if row else None

    def starts(self, length: int) -> tuple[PageText, ...]:
        """Every written text, truncated after `length` characters; by name and language."""
        return tuple(PageText(*row) for row in run_compiled_select(self.connection, _STARTS, {"length": length}))


@dataclass(frozen=True, slots=True)
class WrittenPages(PagesReading):
    """Written pages, in a write transaction."""

    def set(self, name: str, language: str, body: str) -> None:
        """Replace the text of a page. Raises Invalid for a text that cannot be stored."""
        row = {"name": name, "language": language, "body": body, "changed_at": timestamp_now()}
        with in_savepoint(self.connection):
            self._delete(name, language)
            self.connection.execute(insert(pages), [row])

    def clear(self, name: str, language: str) -> None:
        """Restore the text that ships with the program."""
        with in_savepoint(self.connection):
            self._delete(name, language)

    def _delete(self, name: str, language: str) -> None:
        self.connection.execute(delete(pages).where(pages.c.name == name, pages.c.language == language))
