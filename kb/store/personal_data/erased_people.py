"""Erased people, as hashes that only this database can compute (`kb.services.accounts.erased_people`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from kb.store.database.database import batches, in_savepoint, is_any_of
from kb.store.tables.account_tables import forgotten


@dataclass(frozen=True, slots=True)
class ErasedPeopleReading:
    """Hashes of logins and names, in one transaction."""

    connection: Connection

    def is_empty(self) -> bool:
        """Whether no person was ever erased."""
        return self.connection.execute(select(forgotten.c.hash).limit(1)).first() is None

    def known(self, hashes: Iterable[str]) -> dict[str, bool]:
        """Of these hashes, the stored ones; true if the person's texts were erased too."""
        chosen = select(forgotten.c.hash, forgotten.c.without_words)
        return {
            hash_: bool(without_words)
            for batch in batches(hashes)
            for hash_, without_words in self.connection.execute(chosen.where(forgotten.c.hash.in_(batch)))
        }


@dataclass(frozen=True, slots=True)
class ErasedPeople(ErasedPeopleReading):
    """Hashes of logins and names, in a write transaction."""

    def add(self, hashes: Mapping[str, bool]) -> None:
        """Store hashes, each with whether the texts were erased too; once true, it stays true."""
        known = self.known(hashes)
        rows = [
            {"hash": hash_, "without_words": without_words or known.get(hash_, False)}
            for hash_, without_words in hashes.items()
        ]
        with in_savepoint(self.connection):
            self.connection.execute(delete(forgotten).where(is_any_of(forgotten.c.hash, hashes)))
            self.connection.execute(insert(forgotten), rows)
