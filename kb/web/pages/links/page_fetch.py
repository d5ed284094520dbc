"""The state of a background page fetch, in a sentence."""

from kb.fetcher import fetch_failure_sentence
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.translation import Translator


def fetch_sentence(fetch: Fetch, words: Translator) -> str:
    """Whether the page was read, or why not, and what that means for the user."""
    match fetch:
        case Fetch(state=FetchState.DONE):
            return words.say("The page was read: what was empty is filled in.")
        case Fetch(state=FetchState.FAILED, failure=failure) if failure is not None:
            return f"{words.say(fetch_failure_sentence(failure))} {words.say('What you write yourself is enough.')}"
        case Fetch(failure=failure) if failure is not None:
            retry = words.say("It will be tried again; you need not wait for it.")
            return f"{words.say(fetch_failure_sentence(failure))} {retry}"
        case _:
            return words.say("The page is being read; you need not wait for it.")
