"""Device cookies: wrong passwords sent from other places do not lock a user out of a browser used for a login before.

Source: OWASP device cookies (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
The database stores nothing about them: the cookie holds a number, and a proof that it was issued after a login with the
right password. The key of the proof is the password hash, so a new password makes all device cookies invalid.
"""

import hmac
from secrets import token_urlsafe

from kb.model.people.secret import secret_hash
from kb.services.core.library import Library


def new_device_cookie(library: Library, session: str) -> str:
    """The device cookie for the browser of a new session; empty for a user without a password."""
    with library.store.read() as reading:
        found = reading.credentials.session(secret_hash(session))
        kept = reading.accounts.password_of(found.user_id) if found else None
    if found is None or not kept:
        return ""
    number = token_urlsafe(12)
    return f"{number}.{_device_proof(kept, found.user_id, number)}"


def device_number(kept: str | None, user_id: str, device: str) -> str:
    """The number of a browser in which this user has logged in with this password; empty for any other browser."""
    number, _, proof = device.partition(".")
    is_good = hmac.compare_digest(
        _device_proof(kept or "", user_id, number).encode(), proof.encode("utf-8", "surrogatepass")
    )
    return number if is_good and kept else ""


def _device_proof(kept: str, user_id: str, number: str) -> str:
    said = "\0".join(("device", user_id, number))
    return hmac.new(kept.encode(), said.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
