"""Texts of BibTeX files without LaTeX: accents and signs become characters, other commands their arguments.

pylatexenc reads LaTeX, and raises an error for what is nested too deep. It runs on texts that hold a command alone.
"""

import re
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import normalize

from kb.model.storable_text import one_line

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

LONGEST_LATEX = 100_000
"""Characters of a text whose commands are read."""
_LATEX = re.compile(r"[\\{}~$]|--|``|''|[?!]`|,,")
_ESCAPED = re.compile(r"\\([_%&#~$^])(?:\{\})?")
_SIGNS = {"textless": "<", "textgreater": ">", "textbar": "|", "textquotedbl": '"', "guillemotleft": "«"}
_SIGNS |= {"guillemotright": "»", "og": "«\u202f", "fg": "\u202f»", "up": "", "no": "no", "par": "\n\n"}
_SIGNS |= {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
"""Commands that the library does not know, or reads otherwise."""
_DEEPEST = 50
_BRACES = re.compile("[{}]")


def text_of_latex(text: str) -> str:
    """The text, with its line breaks as they are. A text that cannot be read loses its braces alone."""
    if _LATEX.search(text) is None:
        return text
    if len(text) > LONGEST_LATEX or _depth(text) > _DEEPEST or text.count("$") > _DEEPEST:
        return _BRACES.sub("", text)
    try:
        read = _converter().latex_to_text(text)
    except Exception:  # noqa: BLE001 - the library raises whatever it meets in what is no LaTeX
        return _BRACES.sub("", text)
    return normalize("NFC", read)


def line_of_latex(text: str) -> str:
    """As `text_of_latex`, on one line."""
    return one_line(text_of_latex(text))


def address_of_latex(text: str) -> str:
    """An address: biblatex keeps it as it is, older programs escape its signs."""
    bare = text.replace(r"{\textasciitilde}", "~").replace(r"\textasciitilde", "~").removeprefix(r"\url")
    return _ESCAPED.sub(r"\1", bare).strip("{} \n\r\t")


@cache
def _converter() -> "LatexNodes2Text":
    # Imported late, so that a program that reads no BibTeX starts without it.
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db  # noqa: PLC0415

    context = get_default_latex_context_db()
    signs = [MacroTextSpec(name, sign) for name, sign in _SIGNS.items()]
    context.add_context_category("signs", macros=signs, prepend=True)
    return LatexNodes2Text(context, keep_comments=True, math_mode="verbatim", strict_latex_spaces=True)


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _BRACES.finditer(text):
        depth += 1 if match[0] == "{" else -1
        deepest = max(deepest, depth)
    return deepest
