"""Decode bytes to text, by the byte order mark, the charset of the HTTP header, or that of the page, if it is right."""

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?\b(?:charset|encoding)\s*+=\s*+(?:["']\s*+)?([A-Za-z0-9_:.-]{1,40})""",
    re.IGNORECASE,
)
_BEGINNING = 4096
_WEST = "cp1252"
_NOW = "utf-8"
_OF_ASCII = (["utf-16-le"], ["utf-16-be"], ["iso2022_jp"])
"""Alphabets whose text can be made of bytes that are good UTF-8."""
_FEW = 0.1
"""The share of the non-ASCII letters that may be damaged in a text that declares the right encoding."""
# The encodings that browsers read (encoding.spec.whatwg.org), by Python's names; other codecs are not charsets.
_READ = frozenset(
    "utf-8 utf-16-le utf-16-be cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874 mac-roman "
    "mac-cyrillic iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 "
    "iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u gbk gb18030 big5 euc_jp shift_jis iso2022_jp euc_kr".split()
)
# Pages declare the name on the left, and browsers use the one on the right.
_MEANT = {
    "iso8859-1": _WEST,
    "ascii": _WEST,
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gbk",
    "utf-16": "utf-16-le",
    "cp932": "shift_jis",
    "cp949": "euc_kr",
}


def decode_body(body: bytes, charset: str = "") -> str:
    """The text of a body; `charset` is that of the HTTP header. Never fails: undecodable bytes become U+FFFD."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.removeprefix(mark).decode(name, "replace")
    declared = _DECLARED.search(body[:_BEGINNING])
    inside = declared[1].decode("ascii") if declared else ""
    names = [name for name in (_encoding_of_label(charset), _encoding_of_label(inside)) if name]
    if names[:1] not in _OF_ASCII and (read := _decode_strictly(body, _NOW)) is not None:
        # Hardly any text in another encoding is valid UTF-8.
        return read
    for name in names:
        if (read := _decode_strictly(body, name)) is not None:
            return read
    return _decode_least_damaged(body, [*names, _NOW])


def _encoding_of_label(label: str) -> str:
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return ""
    name = _MEANT.get(name, name)
    return name if name in _READ else ""


def _decode_strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except UnicodeError:
        return None


def _decode_least_damaged(body: bytes, names: list[str]) -> str:
    """Decode with the first encoding that damages few of the non-ASCII letters, else with windows-1252."""
    for name in names:
        read = body.decode(name, "replace")
        damaged = read.count("\ufffd")
        if damaged <= _FEW * (len(read) - len(read.encode("ascii", "ignore"))):
            return read
    return body.decode(_WEST, "replace")
