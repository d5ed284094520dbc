"""What groups let pass on of their sources, and what they have sent, in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from kb.features.quotation.tables import quotation_rules as table
from kb.features.quotation.tables import sent_articles
from kb.model.quotation_rule import LONGEST_SOURCE, QuotationRule, source_form
from kb.store import FeatureStore
from kb.store.database.database import batches
from kb.store.database.rows import replace_rows
from kb.store.transaction_events import ArticlesReceived, ArticlesSent, Event


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The articles of a source that were sent in a month (`YYYY-MM`), and their copies: each article times those who
    received it.
    """

    month: str
    source: str
    articles: int
    copies: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """A press review that was sent by other means, as a user has recorded it: `day` is YYYY-MM-DD."""

    id: str
    group_id: str
    day: str
    title: str
    articles: int
    recipients: int


def rules_of_groups(connection: Connection, group_ids: Sequence[str]) -> dict[tuple[str, str], QuotationRule]:
    """The rules of groups, by group and form of the source."""
    found: dict[tuple[str, str], QuotationRule] = {}
    for batch in batches(group_ids):
        chosen = select(table.c.group_id, table.c.form, table.c.rule).where(table.c.group_id.in_(batch))
        for group_id, form, rule in connection.execute(chosen):
            found[group_id, form] = QuotationRule.parse(rule)
    return found


def listed_rules(connection: Connection, group_id: str) -> list[tuple[str, QuotationRule]]:
    """The sources with a rule, as they were typed, in order; an empty one is for all others."""
    chosen = select(table.c.source, table.c.rule).where(table.c.group_id == group_id).order_by(table.c.form)
    return [(source, QuotationRule.parse(rule)) for source, rule in connection.execute(chosen)]


def count_rules(connection: Connection, group_id: str) -> int:
    counted = select(func.count()).select_from(table).where(table.c.group_id == group_id)
    return int(connection.execute(counted).scalar() or 0)


def put_rule(connection: Connection, group_id: str, source: str, rule: QuotationRule) -> None:
    """Insert or replace the rule of a source."""
    row = {"group_id": group_id, "form": source_form(source), "source": source, "rule": str(rule)}
    replace_rows(connection, table, row)


def delete_rule(connection: Connection, group_id: str, source: str) -> None:
    """Delete the rule of a source."""
    connection.execute(delete(table).where(table.c.group_id == group_id, table.c.form == source_form(source)))


def ledger_years(connection: Connection, group_id: str) -> tuple[str, ...]:
    """The years in which readers of a group received articles, the latest first."""
    year = func.substr(sent_articles.c.day, 1, 4)
    chosen = select(year).where(sent_articles.c.group_id == group_id, sent_articles.c.recipients > 0).distinct()
    return tuple(sorted(connection.execute(chosen).scalars(), reverse=True))


def ledger_rows(connection: Connection, group_id: str, year: str) -> tuple[LedgerRow, ...]:
    """The rows of a year: by month, then by source. What nobody received is not counted."""
    column, month = sent_articles.c, func.substr(sent_articles.c.day, 1, 7).label("month")
    chosen = (
        select(month, column.form, func.min(column.source), func.sum(column.articles), _COPIES)
        .where(column.group_id == group_id, func.substr(column.day, 1, 4) == year, column.recipients > 0)
        .group_by("month", column.form)
    )
    rows = sorted(connection.execute(chosen), key=lambda row: (row[0], row[1]))
    return tuple(LedgerRow(month, source, int(articles), int(copies)) for month, _, source, articles, copies in rows)


def distributions_of_group(connection: Connection, group_id: str, year: str) -> tuple[Distribution, ...]:
    """The press reviews that users have recorded in a year, the latest first."""
    in_year = func.substr(sent_articles.c.day, 1, 4) == year
    return _distributions(connection, _RECORDED.where(sent_articles.c.group_id == group_id, in_year))


def distributions_of_list(connection: Connection, list_id: str) -> tuple[Distribution, ...]:
    """The same of a list."""
    return _distributions(connection, _RECORDED.where(sent_articles.c.item_list == list_id))


def add_distribution(connection: Connection, sent: ArticlesSent, recipients: int = 0, list_id: str = "") -> None:
    """Insert the articles that were sent, counted by source. A user has recorded those that have a list."""
    counts: dict[str, tuple[str, int]] = {}
    for source in (source[:LONGEST_SOURCE] for source in sent.sources):
        name, count = counts.get(source_form(source), (source, 0))
        counts[source_form(source)] = name, count + 1
    rows = [
        {
            "distribution": sent.distribution, "form": form, "source": source, "articles": count,
            "group_id": sent.group_id, "day": sent.day, "title": sent.title, "recipients": recipients,
            "item_list": list_id or None,
        }
        for form, (source, count) in counts.items()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(sent_articles), rows)


def delete_distribution(connection: Connection, group_id: str, distribution: str) -> None:
    """Delete what a user has recorded."""
    column = sent_articles.c
    own = (column.group_id == group_id, column.distribution == distribution, column.item_list.is_not(None))
    connection.execute(delete(sent_articles).where(*own))


_COPIES = func.sum(sent_articles.c.articles * sent_articles.c.recipients)
_ABOUT = [sent_articles.c[name] for name in ("distribution", "group_id", "day", "title", "recipients")]
_RECORDED = (
    select(*_ABOUT, func.sum(sent_articles.c.articles))
    .where(sent_articles.c.item_list.is_not(None))
    .group_by(*_ABOUT)
    .order_by(sent_articles.c.day.desc(), sent_articles.c.distribution)
)


def _distributions(connection: Connection, chosen: Select[Any]) -> tuple[Distribution, ...]:
    return tuple(
        Distribution(id_, group_id, day, title, int(articles), recipients)
        for id_, group_id, day, title, recipients, articles in connection.execute(chosen)
    )


def _follow_events(connection: Connection, events: list[Event]) -> None:
    """Count what the group sends, and those who receive it."""
    for event in events:
        match event:
            case ArticlesSent():
                add_distribution(connection, event)
            case ArticlesReceived():
                of_one = sent_articles.c.distribution == event.distribution
                more = sent_articles.c.recipients + event.recipients
                connection.execute(update(sent_articles).where(of_one).values(recipients=more))


STORE = FeatureStore((table, sent_articles), before_commit=_follow_events, quotation_rules=rules_of_groups)
