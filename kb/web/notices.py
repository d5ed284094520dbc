"""What a page says of what was just done: the address bears a key, never words."""

from collections.abc import Mapping

from kb.translating import Translator

_SENTENCES: Mapping[str, str] = {
    "signed-in": "You are signed in.",
    "signed-out": "You are signed out.",
    "identity-added": "You can sign in with it from now on.",
    "identity-removed": "Nobody signs in with it any more.",
    "welcome": "Your account is ready.",
    "password-set": "Your password is set, and you are signed in.",
    "reset-sent": "If an account has this login or this address, a letter is on its way.",
    "account-deleted": "Your account is deleted, and nothing here names you any more; searches follow in a moment.",
    "password-changed": "Your password is changed; your other sessions have ended.",
    "session-ended": "That session has ended.",
    "sessions-ended": "Your other sessions have ended.",
    "token-revoked": "The token opens nothing any more.",
    "feed-key-revoked": "The private feed opens no more.",
    "forgotten": "This person is forgotten: nothing here names them any more; searches follow in a moment.",
    "kept": "Your changes are kept.",
    "group-made": "The group is ready: invite those who read with you.",
    "joined": "You are a member of this group.",
    "asked": "Your request is sent.",
    "taken-back": "Your request is taken back.",
    "left": "You have left the group.",
    "approved": "They are let in.",
    "declined": "The request is declined.",
    "invited": "The invitation waits on their pages.",
    "letter-sent": "The invitation goes out by e-mail.",
    "invitation-revoked": "The invitation is taken back.",
    "invitation-declined": "The invitation is declined.",
    "role-set": "The role is changed.",
    "member-removed": "They are not a member any more.",
    "handed-over": "The group is handed over.",
    "search-saved": "The search is saved: this is its page.",
    "search-restored": "The search is back, as it was.",
    "claimed": "An owner of the group will answer.",
    "vocabulary-imported": "The thesaurus is imported: searches know it.",
    "signed-out-everywhere": "They are signed out everywhere.",
    "account-opened": "The account is open again.",
    "account-closed": "The account is closed.",
    "administrator-made": "They are an administrator now.",
    "administrator-unmade": "They are no administrator any more.",
    "attributed": "What they did is attributed; searches follow in a moment.",
    "flagged": "Thank you: those who look after the group will see to it.",
    "hidden": "It is hidden: nobody finds it any more.",
    "removed": "It is removed, and waits in the bin of the group.",
    "restored": "It is back where it was.",
    "dismissed": "The reports are dismissed: it stays.",
    "purged": "It is gone for good.",
}
UNDONE = frozenset({"hidden", "removed"})
"""What can be undone at once, on the page that says so."""


def notice_of(key: str, words: Translator) -> str:
    """The sentence of a key; nothing for another text."""
    return words.say(_SENTENCES[key]) if key in _SENTENCES else ""
