"""Erased people, as hashes that only this database can compute (`kb.services.accounts.erased_author_hashes`)."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from kb.store.database.rows import Repository
from kb.store.tables.account_tables import erased_people


class ErasedPeopleReading(Repository):
    """Hashes of logins and names, in one transaction."""

    def is_empty(self) -> bool:
        """Whether no person was ever erased."""
        return self.connection.execute(select(erased_people.c.hash).limit(1)).first() is None

    def known(self, hashes: Iterable[str]) -> dict[str, bool]:
        """Of these hashes, the stored ones; true if the person's texts were erased too."""
        chosen = select(erased_people.c.hash, erased_people.c.without_texts)
        return {hash_: bool(erased) for hash_, erased in self._rows_with(chosen, erased_people.c.hash, hashes)}


class ErasedPeople(ErasedPeopleReading):
    """Hashes of logins and names, in a write transaction."""

    def add(self, hashes: Mapping[str, bool]) -> None:
        """Store hashes, each with whether the texts were erased too; once true, it stays true."""
        known = self.known(hashes)
        rows = [
            {"hash": hash_, "without_texts": without_texts or known.get(hash_, False)}
            for hash_, without_texts in hashes.items()
        ]
        self._replace(erased_people, *rows)
