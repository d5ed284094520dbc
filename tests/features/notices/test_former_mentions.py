"""The mentions of a database of an earlier version are notices, and its choices about mails stay."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.records import NoticesReading
from kb.features.notices.tables import notices
from kb.site import migrate, open_store

FIRST_SCHEMA = Path(__file__).parents[2] / "fixtures" / "schemas" / "0022.sql"


def test_earlier_mentions_and_choices_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO meta VALUES ('authority', 'a')")
        for user_id in ("u1", "u2"):
            connection.execute("INSERT INTO users (id, login, name) VALUES (?, ?, ?)", (user_id, user_id, user_id))
            connection.execute(
                "INSERT INTO accounts (user_id, created_at, administrator) VALUES (?, '2026-01-01', 0)", (user_id,)
            )
        mentions = [("a1", "u1", "i1", "u2", "2026-01-01", None), ("a2", "u1", "i1", None, "2026-01-02", "2026-01-03")]
        connection.executemany("INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)", mentions)
        connection.execute("INSERT INTO mention_emails VALUES ('u1')")
        connection.commit()
    migrate(f"sqlite:///{path}")
    with closing(open_store(f"sqlite:///{path}")) as store, store.read() as reading:
        columns = (notices.c.user_id, notices.c.kind, notices.c.item_id, notices.c.part_id, notices.c.by_id)
        chosen = notices.select().with_only_columns(*columns, notices.c.at, notices.c.seen_at, notices.c.mail)
        assert [tuple(row) for row in reading.connection.execute(chosen.order_by(notices.c.at))] == [
            ("u1", "mention", "i1", "a1", "u2", "2026-01-01", None, None),
            ("u1", "mention", "i1", "a2", None, "2026-01-02", "2026-01-03", None),
        ]
        choices = NoticesReading(reading.connection).choices(["u1", "u2"])
        assert choices == {("u1", NoticeKind.MENTION): MailChoice.NOW}
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert not {"mentions", "mention_emails"} & tables
