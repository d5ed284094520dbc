"""Erased people, as hashes that only this database can compute (`kb.services.accounts.erased_people`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from kb.store.database.database import batches, in_savepoint, is_any_of
from kb.store.tables.people_tables import forgotten


@dataclass(frozen=True, slots=True)
class ErasedPeople:
    """Hashes of logins and names, in one transaction."""

    connection: Connection

    def is_empty(self) -> bool:
        """Whether nobody was ever forgotten."""
        return self.connection.execute(select(forgotten.c.hash).limit(1)).first() is None

    def known(self, hashes: Iterable[str]) -> dict[str, bool]:
        """Those of these hashes that are kept; true where the words are gone too."""
        chosen = select(forgotten.c.hash, forgotten.c.without_words)
        return {
            hash_: bool(without_words)
            for batch in batches(hashes)
            for hash_, without_words in self.connection.execute(chosen.where(forgotten.c.hash.in_(batch)))
        }

    def add(self, hashes: Mapping[str, bool]) -> None:
        """Keep hashes, each with whether the words are gone too; once they are, they stay so."""
        known = self.known(hashes)
        rows = [
            {"hash": hash_, "without_words": without_words or known.get(hash_, False)}
            for hash_, without_words in hashes.items()
        ]
        with in_savepoint(self.connection):
            self.connection.execute(delete(forgotten).where(is_any_of(forgotten.c.hash, hashes)))
            self.connection.execute(insert(forgotten), rows)
