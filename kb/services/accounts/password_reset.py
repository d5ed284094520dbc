"""Password reset: request a one-time link by e-mail."""

from hashlib import sha256

from kb.errors import RateLimited
from kb.model.people.network_address import network_of
from kb.services.accounts.one_time_links import add_password_link
from kb.services.authentication.authentication import account_by_login_or_email, check_rate_limits
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.store import Rate

LINK_HOURS = 1
"""For a link that any visitor can request by typing a login."""
_ADDRESS_RATE = Rate(burst=20, every=180)
"""Links requested from one network address, for any login: a whole office may share it."""
_ACCOUNT_RATE = Rate(burst=3, every=1200)
"""Links sent to one user, whoever requests them."""


def check_reset_rate(library: Library, client: str) -> None:
    """Count one request from a network address. Raises RateLimited.

    The limit does not depend on the account: the caller must not learn whether it exists.
    """
    network = network_of(client) or client
    check_rate_limits(library, [(sha256(f"reset from\0{network}".encode()).hexdigest(), _ADDRESS_RATE)])


def send_password_reset_link(library: Library, typed: str, language: str) -> None:
    """Send a password link to the account with this login or e-mail address, if there is one.

    Call it after the answer is sent: the answer's text and time must be the same whether the account exists or not.
    """
    with library.store.read() as reading:
        account = account_by_login_or_email(reading, typed)
    if account is None or account.email is None or account.closed_at is not None:
        return
    key = sha256(f"reset of\0{account.user.id}".encode()).hexdigest()
    try:
        check_rate_limits(library, [(key, _ACCOUNT_RATE)])
    except RateLimited:
        return
    with library.store.write() as writing:
        secret = add_password_link(writing, account, LINK_HOURS)
        MessageWriter(library, writing, language).link(account, secret)
