"""Helpers for tests of the search box: known suggestions of the server, and typing."""

import pytest
from playwright.sync_api import Page, Request, expect

from kb.services.search.suggestions import Suggestion, SuggestionKind
from kb.web.pages.search import suggestions

LONG = "Ouvrir ses données, et s’en servir d’abord soi-même : ce qu’en disent les agents"
EVERY_KIND = (
    Suggestion(SuggestionKind.TAG, "agents", "agents", 45, "mot-clé:agents"),
    Suggestion(SuggestionKind.WORD, "agence", "agence", 12, "agence"),
    Suggestion(SuggestionKind.WORD, "agents", "agents", 46, "agents"),
    Suggestion(SuggestionKind.AUTHOR, "Claire Aubert", "claire", 15, "partagé-par:claire"),
    Suggestion(SuggestionKind.SOURCE, "La Gazette", "La Gazette", 11, 'source:"La Gazette"'),
    Suggestion(SuggestionKind.TITLE, LONG, LONG, 1, LONG, "item-13"),
)
LABELS = ["agence", "agents", "agents", "Claire Aubert", "La Gazette", LONG]


def stub_suggestions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server, which is a thread of this process, suggest one list for each prefix of "agents", and nothing
    else.
    """

    def suggest(_library: object, _actor: object, text: str, _request: object) -> tuple[Suggestion, ...]:
        return EVERY_KIND if "agents".startswith(text) else ()

    monkeypatch.setattr(suggestions, "search_suggestions", suggest)


def type_query(page: Page, text: str = "age") -> None:
    """Type a query at once and wait for the suggestions. Slow typing would send several requests."""
    page.focus("#q")
    page.keyboard.insert_text(text)
    expect(page.locator("#proposals")).to_be_visible()


def selected_suggestion(page: Page) -> str | None:
    """The text of the suggestion that a screen reader announces, which is also the one that is drawn as selected."""
    option_text: str | None = page.evaluate(
        """() => {
            const id = document.getElementById("q").getAttribute("aria-activedescendant");
            const drawn = [...document.querySelectorAll("#proposals [aria-selected=true]")];
            if (drawn.length !== (id ? 1 : 0) || (id && drawn[0].id !== id)) return "two things at once";
            return id && drawn[0].firstElementChild.textContent;
        }"""
    )
    return option_text


def is_closed(page: Page) -> bool:
    expect(page.locator("#proposals")).to_be_hidden()
    return page.get_attribute("#q", "aria-expanded") == "false" and selected_suggestion(page) is None


def suggest_requests(page: Page) -> list[Request]:
    """The requests to /suggest from now on."""
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if "/suggest?" in request.url else None)
    return requests
