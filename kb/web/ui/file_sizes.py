"""Sizes of files in words."""

from kb.services.files.file_quotas import FileQuota
from kb.translation import Translator


def file_size(size: int, translator: Translator) -> str:
    """A size in bytes in the largest unit below it."""
    for unit, message in ((10**9, "%(size)s GB"), (10**6, "%(size)s MB"), (10**3, "%(size)s kB")):
        if size >= unit:
            return translator.gettext(message, size=translator.number(round(size / unit, 1 if size < 10 * unit else 0)))
    return translator.ngettext("%(count)s byte", "%(count)s bytes", size)


def files_sentence(quota: FileQuota, translator: Translator) -> str:
    """What the files of a group take of what they may take."""
    used = file_size(quota.used, translator)
    if quota.most is None:
        return translator.gettext("The files of this group take %(used)s.", used=used)
    return translator.gettext(
        "The files of this group take %(used)s of %(most)s.", used=used, most=file_size(quota.most, translator)
    )
