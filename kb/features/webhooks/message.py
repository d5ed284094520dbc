"""Write the message of a delivery: as JSON for programs, or as a text for a chat.

It is written when it is sent, from what the group has then: what was deleted, hidden or moved out of it meanwhile is
not in it. Texts of users are escaped for the language that the receiver reads.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, assert_never

from kb.features.webhooks.webhook import Delivery, Shape, Webhook
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.quotation_rule import QuotationRule, QuotationRules
from kb.model.truncation import truncate
from kb.model.web_pages.canonical_address import web_address
from kb.press_review.markdown_escaping import escape_markdown, markdown_address
from kb.press_review.review import short_quote
from kb.translation import Translator
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.display_text import date_label, title_or_url

LONGEST_CHAT_MESSAGE = 16_383
"""Characters of a text: the limit of Mattermost."""
LARGEST_MESSAGE = 64 * 1024
"""Bytes of any message."""
_ROOM = 1_000
"""Characters of a message for its head and its last line; bytes alike."""
_LONGEST_TITLE, _LONGEST_QUOTE, _LONGEST_FACT = 300, 400, 100
_LONGEST_TEXT = 1_000
_MOST_ANNOTATIONS, _MOST_TAGS = 10, 20
_MENTION = re.compile(r"@(?=\w)")


@dataclass(frozen=True, slots=True)
class News:
    """What a delivery is about, as the group has it now: new items, and items with their new passages alone."""

    group: Group
    items: Sequence[Item]
    passages: Sequence[Item]
    others: int

    @property
    def is_empty(self) -> bool:
        return not self.items and not self.passages

    def limited(self, rules: QuotationRules) -> "News":
        """The same without what sources do not allow to be passed on; the words of readers stay."""
        items, passages = (
            [_limited(item, rules.of(item.group_id, item.source)) for item in some]
            for some in (self.items, self.passages)
        )
        return replace(self, items=items, passages=passages)


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Writes the messages of a webhook; `base_url` is the beginning of addresses of this site."""

    base_url: str
    site_name: str
    translator: Translator

    def write(self, webhook: Webhook, delivery: Delivery, news: News) -> bytes:
        """The body of the message: at most LARGEST_MESSAGE bytes."""
        match webhook.shape:
            case Shape.JSON:
                message = self._object(delivery, news)
            case Shape.MATTERMOST:
                message = self._texts(delivery, news, {"text": _Markdown()})
            case Shape.MATRIX:
                message = self._texts(delivery, news, {"text": _Markdown(), "html": _Html()})
            case _:
                assert_never(webhook.shape)
        return json.dumps(message, ensure_ascii=False).encode()

    def _object(self, delivery: Delivery, news: News) -> dict[str, Any]:
        group = news.group
        data: dict[str, Any] = {
            "site": self.base_url,
            "group": {"slug": group.slug, "name": group.name, "page": self._page(Addresses().group(group.slug))},
            "items": [],
            "passages": [],
            "others": news.others,
        }
        room = LARGEST_MESSAGE - _ROOM - _size(data)
        for name, items in (("items", news.items), ("passages", news.passages)):
            for item in items:
                row = self._item(item)
                room -= _size(row) + 2
                if room < 0:
                    data["others"] += 1
                else:
                    data[name].append(row)
        return {"type": "test" if delivery.is_test else "new", "timestamp": delivery.created_at, "data": data}

    def _item(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.id,
            "page": self._page(Addresses().item(item.id)),
            "url": web_address(item.url),
            "title": truncate(title_or_url(item), _LONGEST_TITLE),
            "description": _cut(item.description),
            "author": _person(item.author),
            "byline": _cut(item.byline),
            "source": _cut(item.source),
            "language": item.language,
            "published": item.published,
            "added": item.added,
            "tags": [truncate(tag, _LONGEST_FACT) for tag in item.tags[:_MOST_TAGS]],
            "annotations": [
                {
                    "id": annotation.id,
                    "page": self._page(Addresses().annotation(item, annotation.id)),
                    "kind": annotation.kind.value,
                    "quote": _cut(annotation.quote),
                    "body": _cut(annotation.body),
                    "author": _person(annotation.author),
                    "added": annotation.added,
                }
                for annotation in item.annotations[:_MOST_ANNOTATIONS]
            ],
        }

    def _texts(self, delivery: Delivery, news: News, markups: Mapping[str, "_Markdown | _Html"]) -> dict[str, str]:
        """The lines of the message in each markup, with as many items as all of them together have room for."""
        texts = {name: self._head(delivery, news, markup) for name, markup in markups.items()}
        if delivery.is_test:
            return texts
        room, others = LARGEST_MESSAGE - _ROOM - sum(map(_size, texts.values())), news.others
        for entries in zip(*(self._entries(news, markup) for markup in markups.values()), strict=True):
            longer = {name: text + entry for (name, text), entry in zip(texts.items(), entries, strict=True)}
            room -= sum(map(_size, entries))
            if room < 0 or others > news.others or max(map(len, longer.values())) > LONGEST_CHAT_MESSAGE - _ROOM:
                others += 1
            else:
                texts = longer
        if others:
            line = self.translator.ngettext("and %(count)s other", "and %(count)s others", others)
            texts = {name: text + markups[name].line(line) for name, text in texts.items()}
        return texts

    def _head(self, delivery: Delivery, news: News, markup: "_Markdown | _Html") -> str:
        group = markup.link(news.group.name, self._page(Addresses().group(news.group.slug)))
        if not delivery.is_test:
            return markup.head(self._title(news, group))
        sentence = self.translator.gettext(
            "Test of %(site)s: what is new in %(group)s will come here.",
            site=markup.plain(self.site_name),
            group=group,
        )
        return markup.head(sentence)

    def _title(self, news: News, group: str) -> str:
        ngettext = self.translator.ngettext
        if not news.items:
            count = sum(len(item.annotations) for item in news.passages)
            return ngettext(
                "%(count)s new passage in %(group)s", "%(count)s new passages in %(group)s", count, group=group
            )
        count = len(news.items) + news.others
        return ngettext("%(count)s new item in %(group)s", "%(count)s new items in %(group)s", count, group=group)

    def _entries(self, news: News, markup: "_Markdown | _Html") -> Iterator[str]:
        for item in (*news.items, *news.passages):
            is_new = item in news.items
            facts = (item.source, item.byline, date_label(item, self.translator))
            annotations = item.annotations[: 1 if is_new else _MOST_ANNOTATIONS]
            texts = [annotation.quote or annotation.body or "" for annotation in annotations]
            yield markup.item(
                markup.link(truncate(title_or_url(item), _LONGEST_TITLE), self._page(Addresses().item(item.id))),
                tuple(markup.plain(truncate(fact, _LONGEST_FACT)) for fact in facts if fact),
                tuple(markup.plain(truncate(" ".join(text.split()), _LONGEST_QUOTE)) for text in texts),
            )

    def _page(self, address: str) -> str:
        return self.base_url + address


class _Markdown:
    """A text in Markdown, in which no text of a user is markup or mentions anybody."""

    def plain(self, text: str) -> str:
        return _MENTION.sub("@\u200b", escape_markdown(text))

    def link(self, text: str, address: str) -> str:
        return f"[{self.plain(text)}](<{markdown_address(address)}>)"

    def head(self, text: str) -> str:
        return f"**{text}**\n"

    def line(self, text: str) -> str:
        return f"\n{text}\n"

    def item(self, link: str, facts: Sequence[str], quotes: Sequence[str]) -> str:
        lines = [f"\n- {' · '.join((link, *facts))}\n", *(f"  > {quote}\n" for quote in quotes if quote)]
        return "".join(lines)


class _Html:
    """The same in HTML."""

    def plain(self, text: str) -> str:
        return _MENTION.sub("@\u200b", escape(" ".join(text.split())))

    def link(self, text: str, address: str) -> str:
        return f'<a href="{escape(address)}">{self.plain(text)}</a>'

    def head(self, text: str) -> str:
        return f"<p><strong>{text}</strong></p>"

    def line(self, text: str) -> str:
        return f"<p>{text}</p>"

    def item(self, link: str, facts: Sequence[str], quotes: Sequence[str]) -> str:
        lines = [
            f"<p>{' · '.join((link, *facts))}</p>",
            *(f"<blockquote>{quote}</blockquote>" for quote in quotes if quote),
        ]
        return "".join(lines)


def _limited(item: Item, rule: QuotationRule) -> Item:
    most = rule.longest
    if most is None:
        return item
    annotations = tuple(
        replace(annotation, quote=short_quote(annotation.quote, most) if annotation.quote and most else None)
        for annotation in item.annotations
    )
    description = short_quote(item.description, most) if item.description and most else None
    return replace(item, description=description, annotations=annotations)


def _size(value: object) -> int:
    """The bytes of a value in a message."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def _cut(text: str | None) -> str | None:
    return truncate(text, _LONGEST_TEXT) if text else None


def _person(user: User | None) -> dict[str, str] | None:
    return {"login": user.login, "name": user.shown_name} if user else None
