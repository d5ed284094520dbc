"""What a digest says: for each followed search its new items, with the words found in their texts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from kb.access.actor import Actor, ReadableGroups
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.followed_address import followed_address
from kb.features.digests.records.digest_records import DigestReader, Subscription
from kb.model.followed_search import FollowedSearch
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.items.item_fields import HighlightColor
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Visibility
from kb.model.quotation_rule import QuotationRules
from kb.model.truncation import truncate, truncate_marked_text
from kb.search.marks import SNIPPET_SIZE, MatchedText, matched_texts_of_hit
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.core.site_identity import shown_identity
from kb.services.email.html_email import (
    Block,
    Button,
    Entry,
    FooterLine,
    Heading,
    HtmlEmail,
    Link,
    Paragraph,
    Quote,
    WrittenEmail,
    write_html_email,
)
from kb.services.followed_searches.following import (
    followed_vocabularies,
    new_matches_in,
    reads_named_groups,
    scope_of_new_matches,
)
from kb.services.lists.press_review import quotation_rules
from kb.store import ReadSnapshot
from kb.translation import Translator
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.display_text import date_label, facts_line, title_or_url

MOST_ENTRIES = 20
"""New items of one search in a message; a link leads to the others."""
_MOST_QUOTES = 3
_QUOTED = ("highlight", "note", "comment", "reply", "description")
"""Places whose matching words are quoted."""
_OF_SOURCE = ("highlight", "description")
"""Those with the words of the source, which may limit what is passed on."""


@dataclass(frozen=True, slots=True)
class Section:
    """What is new in a search: the newest items, of `total`; `through` is the position after it."""

    subscription: Subscription
    item_ids: tuple[str, ...]
    total: int
    through: int


def groups_of_reader(reading: ReadSnapshot, reader: DigestReader) -> ReadableGroups:
    """The groups from which a reader gets digests: a user may read them; a reader without an account gets what everyone
    may read, of groups with feeds.
    """
    if reader.user_id is not None:
        return readable_groups(reading, actor_of_user(reading, reader.user_id))
    return public_groups(reading)


def public_groups(reading: ReadSnapshot) -> ReadableGroups:
    """The groups that everyone may read, and that have feeds."""
    groups = readable_groups(reading, Actor()).groups
    return ReadableGroups.of(group for group in groups if group.feeds and group.visible is Visibility.EVERYONE)


def new_section(
    reading: ReadSnapshot, groups: ReadableGroups, user_id: str | None, subscription: Subscription
) -> Section:
    """What is new for a reader in a search that they follow."""
    search = reading.followed_searches.by_id(subscription.search_id)
    scope = scope_of_new_matches(reading, groups, user_id, search)
    new = new_matches_in(reading, scope, subscription.search_id, subscription.position, MOST_ENTRIES)
    return Section(subscription, tuple(match.item_id for match in new.matches), new.total, new.through)


def stored_sections(sections: tuple[Section, ...]) -> str:
    """The sections of a digest, as they wait to be sent."""
    return json.dumps(
        [[part.subscription.search_id, part.item_ids, part.total, part.subscription.position] for part in sections]
    )


@dataclass(frozen=True, slots=True)
class WrittenDigest:
    """A digest as it is sent."""

    subject: str
    email: WrittenEmail


def write_digest(
    library: Library, reading: ReadSnapshot, reader: DigestReader, content: str, subscriptions: tuple[Subscription, ...]
) -> WrittenDigest | None:
    """A digest with what the reader may read of it now; None if that is nothing, or if they follow none of it now."""
    by_search = {subscription.search_id: subscription for subscription in subscriptions}
    groups, translator = groups_of_reader(reading, reader), Translator(reader.language)
    rules = quotation_rules(library, reading, [group.id for group in groups.groups])
    writer = _Writer(library, reading, groups, translator, rules)
    titles_by_item, blocks, titles, count = dict[str, list[str]](), list[Block](), list[str](), 0
    parts = list[tuple[str, FollowedSearch, list[Item], int]]()
    for search_id, item_ids, stored_total, after in json.loads(content):
        subscription, search = by_search.get(search_id), reading.followed_searches.by_id(search_id)
        if subscription is None or search is None:
            continue
        scope = scope_of_new_matches(reading, groups, reader.user_id, search)
        items = reading.items.beginnings(item_ids, scope)
        # An item that several searches find is told once, where it is found first.
        found = [items[item_id] for item_id in item_ids if item_id in items and item_id not in titles_by_item]
        for item_id in items:
            titles_by_item.setdefault(item_id, []).append(subscription.title)
        if items:
            titles.append(subscription.title)
        if found:
            # What the reader may not read any more is not counted either.
            total = min(stored_total, reading.followed_searches.new_count(search_id, after, scope))
            known = len(items) - len(found)
            parts.append((subscription.title, search, found, max(total - known, len(found))))
            count += parts[-1][3]
    for section_title, search, found, total in parts:
        blocks += writer.section(section_title, search, found, total, titles_by_item)
    if not titles:
        return None
    site, base_url = shown_identity(reading, library.settings), library.settings.base_url
    title = translator.ngettext("%(count)s new item", "%(count)s new items", count)
    email = HtmlEmail(
        reader.language,
        title,
        (*blocks, Button(translator.gettext("Read on the site"), base_url + "/")),
        reader_footer(reader, subscriptions, site.name, base_url),
        base_url + "/",
        lead=FooterLine(site.name),
        preview=", ".join(titles),
        accent=site.accent,
    )
    subject = truncate(f"[{site.name}] {title}{translator.gettext(':')} {', '.join(titles)}", 150)
    return WrittenDigest(subject, write_html_email(email))


def reader_footer(
    reader: DigestReader, subscriptions: tuple[Subscription, ...], site: str, base_url: str
) -> tuple[FooterLine, ...]:
    """The end of each message to a reader: why they get it, and how to stop it."""
    translator = Translator(reader.language)
    _ = translator.gettext
    preferences = f"{base_url}/subscription/{reader.key}"
    rhythms = {subscription.rhythm for subscription in subscriptions}
    why = (
        _("You get this e-mail because of what you follow on %(site)s.", site=site)
        if reader.consented_at is None
        else _("You get this e-mail at your request of %(day)s.", day=translator.instant(reader.consented_at))
    )
    links = (Link(_("Stop these e-mails"), preferences + "#stop"), Link(_("change the rhythm"), preferences))
    nothing = _("Nothing is sent when nothing is new.") if rhythms != {Rhythm.NOW} else ""
    return (
        FooterLine(" ".join(filter(None, (why, nothing, _("No tracker: nobody knows whether you opened it."))))),
        FooterLine(links=links),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    library: Library
    reading: ReadSnapshot
    groups: ReadableGroups
    translator: Translator
    rules: QuotationRules

    def section(
        self, title: str, search: FollowedSearch, items: list[Item], total: int, titles_by_item: Mapping[str, list[str]]
    ) -> Iterator[Block]:
        """The heading, the entries, and a link to the others. `titles_by_item`: the searches that find each item."""
        is_shown = bool(search.list_id) or reads_named_groups(self.groups, search.request)
        address = self.library.settings.base_url + (
            followed_address(Addresses(), search.parameters) if is_shown else "/"
        )
        if search.list_id:
            words = ""
            listed = self.reading.lists.passages(search.list_id, [item.id for item in items])
            matches = {item.id: tuple(_listed_passages(item, listed.get(item.id, ()))) for item in items}
        else:
            request = search.request
            words = request.q if is_shown else ""
            matchers = followed_vocabularies(self.library, self.reading, request, self.groups.groups)
            marker = self.library.catalogue.search(request, self.groups, matchers).marker()
            matches = {item.id: matched_texts_of_hit(item, None, marker) if marker else () for item in items}
        yield Heading(title, address)
        for item in items:
            others = [name for name in titles_by_item[item.id] if name != title]
            yield self._entry(item, matches[item.id], words, others)
        if total > len(items):
            more = self.translator.ngettext("%(count)s more entry", "%(count)s more entries", total - len(items))
            has_order = bool(search.parameters) and is_shown and not search.list_id
            newest = f"{address}&{urlencode({'sort': 'recent'})}" if has_order else address
            yield Paragraph("", Link(more, newest))

    def _entry(self, item: Item, matches: tuple[MatchedText, ...], words: str, others: list[str]) -> Entry:
        annotations = {annotation.id: annotation for annotation in item.annotations}
        most = self.rules.of(item.group_id, item.source).longest
        longest = most or 2 * SNIPPET_SIZE
        quotes = tuple(
            Quote(
                tuple(truncate_marked_text(match.pieces, longest)) if match.field in _OF_SOURCE else match.pieces,
                _color(annotations.get(match.annotation or "")),
            )
            for match in matches
            if match.field in _QUOTED and (most != 0 or match.field not in _OF_SOURCE)
        )[:_MOST_QUOTES]
        passages = (part for part in item.annotations if part.kind is AnnotationKind.HIGHLIGHT and part.quote)
        if not quotes and most != 0 and (first := next(passages, None)):
            words_of_source = ((truncate(first.quote or "", SNIPPET_SIZE), False),)
            quotes = (Quote(tuple(truncate_marked_text(words_of_source, longest)), _color(first)),)
        group = next((group.name for group in self.groups.groups if group.id == item.group_id), "")
        also = self.translator.gettext("also in: %(titles)s", titles=", ".join(others)) if others else ""
        source = facts_line(item.source or "", item.byline or "", date_label(item, self.translator), group, also)
        text = (
            ""
            if quotes
            else truncate(item.description or "", min(SNIPPET_SIZE, SNIPPET_SIZE if most is None else most))
        )
        if most == 0:
            text = self.translator.gettext("Title and link only: this source does not allow quotations.")
        address = f"{self.library.settings.base_url}/items/{item.id}"
        more = f"?{urlencode({'q': words})}" if words else ""
        return Entry(title_or_url(item), address + more, source, quotes, text, language_tag(item.language) or "")


def _listed_passages(item: Item, annotation_ids: Iterable[str]) -> Iterator[MatchedText]:
    """The passages and comments that a list has of an item."""
    annotations = {annotation.id: annotation for annotation in item.annotations}
    for annotation in filter(None, map(annotations.get, annotation_ids)):
        is_passage = annotation.kind is AnnotationKind.HIGHLIGHT and annotation.quote
        text = truncate((annotation.quote if is_passage else annotation.body) or "", SNIPPET_SIZE)
        if text:
            yield MatchedText("highlight" if is_passage else "comment", annotation.id, ((text, False),))


def _color(annotation: Annotation | None) -> HighlightColor:
    known = (annotation.color or "").casefold() if annotation else ""
    return HighlightColor(known) if known in set(HighlightColor) else HighlightColor.YELLOW
