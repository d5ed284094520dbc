"""How many e-mail messages one account has sent to addresses of its choosing."""

from kb.store import Rate

MAIL_A_DAY = 20
"""Messages that one account has sent a day to addresses that it typed: invitations and confirmations of its address."""
_TYPED_ADDRESSES = Rate(burst=MAIL_A_DAY, every=86_400 / MAIL_A_DAY)


def mail_quota(user_id: str) -> tuple[str, Rate]:
    """The limit to count for one message to an address that this person typed."""
    return f"mail to typed addresses {user_id}", _TYPED_ADDRESSES
