"""How many e-mail messages one account has sent to addresses of its choosing."""

import time

from kb.store import Rate, WriteTransaction

MAIL_A_DAY = 20
"""Messages that one account sends a day to addresses that its user enters: invitations and confirmations of its
address.

The first confirmation of an account counts for the user who invited it.
"""
_TYPED_ADDRESS_RATE = Rate(burst=MAIL_A_DAY, every=86_400 / MAIL_A_DAY)


def mail_quota_limit(user_id: str) -> tuple[str, Rate]:
    """The limit that counts one message to an address that this user entered."""
    return f"mail to typed addresses {user_id}", _TYPED_ADDRESS_RATE


def count_within_mail_quota(writing: WriteTransaction, user_id: str) -> bool:
    """Count one message, in a transaction, unless the limit is reached; return whether it may be sent."""
    limits, now = (mail_quota_limit(user_id),), time.time()
    if writing.limits.wait(limits, now) > 0:
        return False
    writing.limits.count(limits, now)
    return True
