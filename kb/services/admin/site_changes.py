"""The name, accent colour and texts of the site, set by administrators: each change keeps what was there, for its undo.

A text that is no more is stored under its name and `.before`, an identity under its key and `.before`.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.images.logo import read_logo
from kb.model.accent_colour import DEFAULT_ACCENT, checked_colour
from kb.model.people.account import checked_person_name
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.site_identity import CHANGED_KEY, IDENTITY_KEY, LOGO_KEY, SiteIdentity, stored_identity
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now
from kb.translation import LANGUAGES

IDENTITY = "identity"
"""What `undo_site_change` calls the name, the colour and the logo."""
_BEFORE = ".before"


def save_identity(
    library: Library, actor: Actor, name: str, accent: str, logo: bytes = b"", *, keeps_logo: bool = True
) -> SiteIdentity:
    """Set the name and the accent colour; those of the settings and of the program are stored as none.

    `logo` is an uploaded image, in place of the present one, which otherwise stays if `keeps_logo`. Raises Forbidden,
    Invalid.
    """
    require_administrator(actor)
    image = read_logo(logo) if logo else None
    name = checked_person_name(name) if name.strip() else ""
    colour = checked_colour(accent) if accent.strip() else ""
    with library.store.write() as writing:
        before = stored_identity(writing)
        after = replace(
            before,
            name="" if name == library.settings.site_name else name,
            accent="" if colour == DEFAULT_ACCENT else colour,
        )
        png = writing.meta.get(LOGO_KEY) or ""
        if image is not None:
            digest = blake2b(image.png, digest_size=8).hexdigest()
            after = replace(after, logo=digest, logo_width=image.width, logo_height=image.height)
            png = b64encode(image.png).decode()
        elif not keeps_logo:
            after, png = replace(after, logo="", logo_width=0, logo_height=0), ""
        if after != before:
            writing.meta.set(IDENTITY_KEY + _BEFORE, before.as_json())
            writing.meta.set(LOGO_KEY + _BEFORE, writing.meta.get(LOGO_KEY) or "")
            writing.meta.set(IDENTITY_KEY, after.as_json())
            writing.meta.set(LOGO_KEY, png)
            writing.meta.set(CHANGED_KEY, timestamp_now())
            write_audit_log(writing, actor, AuditEvent.SITE_CHANGED)
    return after


def store_site_texts(writing: WriteTransaction, actor: Actor, name: str, texts: Mapping[str, str | None]) -> None:
    """Store texts of the site by language, None for that of the program, and keep what was there."""
    before = {language: _text(writing, name, language) for language in texts}
    if before == texts:
        return
    for language, text in texts.items():
        _set_text(writing, name + _BEFORE, language, before[language] or "")
        _set_text(writing, name, language, text)
    write_audit_log(writing, actor, AuditEvent.SITE_TEXT_CHANGED, detail=_detail(name, tuple(texts)))


def undo_site_change(library: Library, actor: Actor, what: str) -> bool:
    """Swap the present state and the one before the last change: of the identity, or of a text, named as
    `<name>.<language>`, or as its name for all languages; whether there is one before. Raises Forbidden.
    """
    require_administrator(actor)
    name, _, language = what.partition(".")
    with library.store.write() as writing:
        if what == IDENTITY:
            before = writing.meta.get(IDENTITY_KEY + _BEFORE)
            if before is None:
                return False
            for key in (IDENTITY_KEY, LOGO_KEY):
                now = writing.meta.get(key) or ("{}" if key == IDENTITY_KEY else "")
                writing.meta.set(key, writing.meta.get(key + _BEFORE) or "")
                writing.meta.set(key + _BEFORE, now)
            writing.meta.set(CHANGED_KEY, timestamp_now())
            write_audit_log(writing, actor, AuditEvent.SITE_CHANGED)
            return True
        languages = (language,) if language else LANGUAGES
        swapped = [_swap_text(writing, name, language) for language in languages]
        if any(swapped):
            write_audit_log(writing, actor, AuditEvent.SITE_TEXT_CHANGED, detail=_detail(name, languages))
        return any(swapped)


def _swap_text(writing: WriteTransaction, name: str, language: str) -> bool:
    """Swap a text and the one before; return whether there is one. An empty text stands for that of the program."""
    before, now = _text(writing, name + _BEFORE, language), _text(writing, name, language)
    if before is None:
        return False
    _set_text(writing, name, language, before or None)
    _set_text(writing, name + _BEFORE, language, now or "")
    return True


def _text(writing: WriteTransaction, name: str, language: str) -> str | None:
    written = writing.site_pages.get(name, language)
    return written.body if written else None


def _set_text(writing: WriteTransaction, name: str, language: str, text: str | None) -> None:
    if text is None:
        writing.site_pages.clear(name, language)
    else:
        writing.site_pages.set(name, language, text)


def _detail(name: str, languages: tuple[str, ...]) -> str:
    """What the log says of changed texts."""
    return f"{name} ({', '.join(languages)})"
