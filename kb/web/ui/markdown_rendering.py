"""Render the administrator's Markdown as safe HTML."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

from kb.services.admin.site_pages import PLACEHOLDER_TO_COMPLETE

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SCHEMES = frozenset({"http", "https", "mailto"})


class _MarkdownRules(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Whether a link is allowed: http, https, mailto, or this site."""
        scheme = _SCHEME.match(url)
        return scheme[1].lower() in _SCHEMES if scheme else url[:2].replace("\\", "/") != "//"


def _text(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """A text, with the placeholders to complete marked."""
    return PLACEHOLDER_TO_COMPLETE.sub(lambda match: f"<mark>{match[0]}</mark>", escapeHtml(tokens[place].content))


_MARKDOWN = _MarkdownRules("commonmark", {"html": False}).enable("table").disable("image")
_MARKDOWN.add_render_rule("text", _text)


@lru_cache(maxsize=8)
def _html(markdown: str, facts: tuple[tuple[str, str], ...]) -> Markup:
    tokens = _MARKDOWN.parse(markdown)
    level = 1
    for token in tokens:
        if token.type == "heading_open":
            # Below our h1, and never more than one level deeper than the heading before.
            level = min(max(int(token.tag[1:]), 2), level + 1)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"
        elif token.type in {"th_open", "td_open"}:
            # An alignment would need an inline style, which our security policy forbids.
            token.attrs = {"scope": "col"} if token.type == "th_open" else {}
        for word in token.children or ():
            if word.type == "text":
                word.content = fill_in_facts(word.content, facts)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 - all that was typed is escaped


def render_markdown(markdown: str, facts: Mapping[str, str]) -> Markup:
    """The HTML of a text, with headings from h2 on, and each `{name}` of `facts` replaced in its text.

    HTML, images and styles are removed, and links other than http, https, mailto and this site (CommonMark, with
    tables).
    """
    return _html(markdown, tuple(facts.items()))


def fill_in_facts(text: str, facts: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """A plain text with each `{name}` replaced by its fact."""
    for name, fact in facts.items() if isinstance(facts, Mapping) else facts:
        text = text.replace(name, fact)
    return text
