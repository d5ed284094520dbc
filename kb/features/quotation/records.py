"""What groups let pass on of their sources, in the database."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from kb.features.quotation.tables import quotation_rules as table
from kb.model.quotation_rule import QuotationRule, source_form
from kb.store import FeatureStore
from kb.store.database.database import batches
from kb.store.database.rows import replace_rows


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


STORE = FeatureStore((table,), quotation_rules=rules_of_groups)
