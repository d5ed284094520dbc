"""What the owners of a group do with the rules of its sources."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor, ReadableGroups
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid
from kb.features.quotation.records import count_rules, delete_rule, listed_rules, put_rule
from kb.model.people.group import Group
from kb.model.quotation_rule import LONGEST_SOURCE, QuotationRule, source_form
from kb.model.search_request import SearchRequest
from kb.model.storable_text import check_text
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library, require_current_index

MOST_RULES = 500
"""Rules of a group."""
MOST_OFFERED = 100
"""Sources of the group that the form offers."""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """The rules of a group, by source, and its most frequent sources. `default` is the rule of the site."""

    group: Group
    rules: tuple[tuple[str, QuotationRule], ...]
    default: QuotationRule
    sources: tuple[str, ...]


def rules_of_group(library: Library, actor: Actor, slug: str) -> SourceRules:
    """Raises NotFound, LoginNeeded, Forbidden; Unavailable, as a search does."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        rules = tuple(listed_rules(reading.connection, group.id))
        require_current_index(library, reading)
    counts = library.catalogue.search(SearchRequest(), ReadableGroups.of((group,))).values("source")
    by_count = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    sources = tuple(source for source, _ in by_count if 0 < len(source) <= LONGEST_SOURCE)[:MOST_OFFERED]
    return SourceRules(group, rules, QuotationRule.parse(library.settings.quotation), sources)


def set_rule(library: Library, actor: Actor, slug: str, source: str, rule: str) -> None:
    """Set the rule of a source, of all other sources if it is empty; an empty rule deletes it. Raises NotFound,
    LoginNeeded, Forbidden, Invalid; Conflict if there are too many.
    """
    typed = " ".join(source.split())
    check_text(typed)
    if len(typed) > LONGEST_SOURCE:
        raise Invalid("A source has at most %(count)s characters.", count=LONGEST_SOURCE)
    parsed = QuotationRule.parse(rule) if rule else None
    with library.store.write() as writing:
        group = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
        known = {source_form(one) for one, _ in listed_rules(writing.connection, group.id)}
        if parsed is None:
            delete_rule(writing.connection, group.id, typed)
        elif source_form(typed) not in known and count_rules(writing.connection, group.id) >= MOST_RULES:
            raise Conflict("A group has rules for %(count)s sources at most.", count=MOST_RULES)
        else:
            put_rule(writing.connection, group.id, typed, parsed)
        write_audit_log(
            writing, actor, AuditEvent.GROUP_CHANGED, group_id=group.id, subject=group.id, detail="quotation"
        )
