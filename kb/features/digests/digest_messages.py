"""The kinds of messages of digests."""

from kb.features.digests.digest_sending import DIGEST_MESSAGES
from kb.features.digests.subscribers import SUBSCRIBER_MESSAGES

MESSAGE_KINDS = (*DIGEST_MESSAGES, *SUBSCRIBER_MESSAGES)
