"""How far a page is that was asked for behind, in a sentence."""

from kb.fetcher import sentence_of
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.translation import Translator


def told_of(fetch: Fetch, words: Translator) -> str:
    """Whether the page was read, or why not, and what that means for whoever waits."""
    match fetch:
        case Fetch(state=FetchState.DONE):
            return words.say("The page was read: what was empty is filled in.")
        case Fetch(state=FetchState.FAILED, failure=failure) if failure is not None:
            return f"{words.say(sentence_of(failure))} {words.say('What you write yourself is enough.')}"
        case Fetch(failure=failure) if failure is not None:
            return f"{words.say(sentence_of(failure))} {words.say('It will be tried again; you need not wait for it.')}"
        case _:
            return words.say("The page is being read; you need not wait for it.")
