"""Names that look alike, and names that stand for those who run the site.

The skeleton of a name is that of UTS 39 (https://www.unicode.org/reports/tr39/#Confusable_Detection), for what imitates
Latin letters alone: `_LOOK_ALIKES` has these letters from Unicode's `confusables.txt`.
"""

import re
from collections.abc import Iterable
from unicodedata import category, combining, normalize

from kb.errors import Conflict

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that show nothing, though they count as letters, marks or symbols."""
_LOOK_ALIKES = str.maketrans(
    {
        other: letter
        for letter, others in {
            "a": "ɑαаᎪᗅꓮ",
            "b": "ƅβвьᏏᏴᑲᖯᗷꓐꞵ",
            "c": "σсᏟᴄⲥꓚ",
            "d": "ԁᎠᏧᑯᗞᗪꓒꓓ",
            "e": "εеҽᎬⴹꓰꬲ",
            "f": "ϝքẝᖴꓝꞙꬵ",
            "g": "ƍɡԍցᏀᏳᶃꓖ",
            "h": "ηнһհᎻᏂᕼⲏꓧ",
            "j": "ʝϳјᎫᒍꓙ",
            "k": "κкᏦᛕⲕꓗ",
            "l": "1|ıɩɪɫιіӏǀᎥᏞᒪᛁⲓⳑⵏꓡꓲꙇ",
            "m": "μϻмᎷᗰᛖⲙꓟ",
            "n": "νոռⲛꓠ",
            "o": "0οоօଠഠဝჿዐᴏᴑⲟⵔꓳꬽ",
            "p": "ρрᏢᑭⲣꓑ",
            "q": "ԛգզⵕ",
            "r": "ʀгᎡᎱᏒᖇᴦⲅꓣꭇꭈ",
            "s": "ƽѕտᏕᏚꓢꜱ",
            "t": "τтᎢⲧꓔ",
            "u": "ʋսሀᑌᴜꓴꞟꭎꭒ",
            "v": "ѵᏙᐯᴠⴸꓦꛟ",
            "w": "ɯѡԝաᎳᏔᴡꓪ",
            "x": "χхᕁᕽᚷⲭⵝꓫꭓ",
            "y": "ɣʏγυуүყᎩᎽᶌỿⲩꓬꭚ",
            "z": "ζᏃᴢꓜ",
        }.items()
        for other in others
    }
    | {"i": "l", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"}
)
_RUNS = (("rn", "m"), ("vv", "w"))
_WORDS = re.compile(r"[^\W_]+")
_RESERVED = (
    "admin administrator administrateur administratrice administration moderator moderateur moderatrice moderation"
    " owner proprietaire root superuser sysadmin system systeme webmaster postmaster hostmaster support operator"
    " operateur operatrice security securite florilege"
)
_FILLERS = "site team equipe the of le la les du de des d l et and"
NAME_RESERVED = "“%(name)s” stands for those who run this site: choose another name."


def name_skeleton(name: str) -> str:
    """The letters and digits of a name, the same for names that look alike. Case, accents, spaces, signs and invisible
    characters do not count.
    """
    return "".join(map(_skeleton_of_word, _words(name)))


def has_invisible_characters(name: str) -> bool:
    """Whether a name has characters that show nothing, so that it looks like another one."""
    return not _INVISIBLE.isdisjoint(name)


def require_free_name(name: str, administrators: Iterable[str] = ()) -> None:
    """Raise Conflict for a name, or a login, that readers may take for one of those who run the site.

    `administrators` are their names; the error does not say whether the name is one of these.
    """
    if is_reserved_name(name) or name_skeleton(name) in set(map(name_skeleton, administrators)):
        raise Conflict(NAME_RESERVED, name=name)


def is_reserved_name(name: str) -> bool:
    """Whether a name, or a login, has only words for a role on the site: `Admin 2`, `L’équipe Support`."""
    words = {_skeleton_of_word(word) for text in _words(name) if (word := text.rstrip("0123456789"))}
    return not words.isdisjoint(_RESERVED_SKELETONS) and words <= _RESERVED_SKELETONS | _FILLER_SKELETONS


def _words(name: str) -> list[str]:
    letters = "".join(
        letter
        for letter in normalize("NFKD", normalize("NFKC", name).casefold())
        if not combining(letter) and category(letter) not in {"Cf", "Mn"} and letter not in _INVISIBLE
    )
    return _WORDS.findall(letters)


def _skeleton_of_word(word: str) -> str:
    skeleton = word.translate(_LOOK_ALIKES)
    for run, letter in _RUNS:
        skeleton = skeleton.replace(run, letter)
    return skeleton


_RESERVED_SKELETONS = frozenset(map(name_skeleton, _RESERVED.split()))
_FILLER_SKELETONS = frozenset(map(name_skeleton, _FILLERS.split()))
