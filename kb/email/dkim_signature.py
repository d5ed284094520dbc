"""Sign messages, so that mail servers know the domain that sends them (DKIM, RFC 6376)."""

from email.message import EmailMessage

import dkim

_SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    *("Auto-Submitted", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
)
"""The header fields that are signed, as far as a message has them; RFC 8058 asks it of the last two."""


def dkim_signature(message: EmailMessage, private_key: bytes, selector: str, domain: str) -> str:
    """The value of the header field `DKIM-Signature` of a message, on one line. Raises ValueError if the key is none.

    The private key is PEM; its public key stands at `<selector>._domainkey.<domain>` in the DNS.
    """
    names = [name.encode() for name in _SIGNED if name in message]
    try:
        field = dkim.sign(
            message.as_bytes(),
            selector.encode(),
            domain.encode(),
            private_key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
        )
    except Exception as error:  # the library raises what it meets in a key that is none
        raise ValueError(type(error).__name__) from error
    # Relaxed canonicalization unfolds it: on one line it is the same.
    return " ".join(str(field, "ascii").partition(":")[2].split())
