"""The part of CQL (Contextual Query Language 1.2, the queries of SRU) that is searched here, as a query of this site.

A search clause is `term` or `index relation term`; clauses are joined by `and`, `or`, `not`, with brackets. What is not
searched here raises a diagnostic of SRU: nothing of a query is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kb.errors import Invalid

MOST_BOOLEANS = 20
MOST_DEPTH = 10
"""Brackets inside brackets."""
_TOKEN = re.compile(r'\s*+(?:("(?:[^"\\]|\\.)*+")|([()/]|<=|>=|<>|==|[<>=])|([^\s()/<>="]++)|(\S))', re.DOTALL)
_CQL_WORD = re.compile(r"[\w*?'’.-]+")
_CQL_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_OPERATORS = {"and": "ET", "or": "OU", "not": "SAUF"}
_RESERVED = frozenset({*_OPERATORS, "prox", "sortby"})
INDEXES: Mapping[str, str] = {
    "cql.serverchoice": "",
    "cql.anywhere": "",
    "dc.title": "titre",
    "dc.creator": "auteur",
    "dc.subject": "mot-clé",
    "dc.description": "description",
    "dc.publisher": "source",
    "dc.language": "langue",
    "dc.date": "date",
}
"""The field of our queries of each index. Every index without its context set is known too."""
_BARE = {name.partition(".")[2]: field for name, field in INDEXES.items()}
_DATES = {
    "=": "date:{0}", "==": "date:{0}", "<": "avant:{0}", ">=": "après:{0}", "<>": "(* SAUF date:{0})",
    "<=": "(avant:{0} OU date:{0})", ">": "(après:{0} SAUF date:{0})",
}  # fmt: skip
_WORD_RELATIONS = {"=": "ET", "scr": "ET", "all": "ET", "any": "OU"}
_PHRASE_RELATIONS = frozenset({"==", "exact", "adj"})
_RELATIONS = {*_WORD_RELATIONS, *_PHRASE_RELATIONS, *_DATES, "within", "encloses"}


class SruDiagnostic(Invalid):
    """A diagnostic of SRU: its number in the set `info:srw/diagnostic/1`, its message, and what it is about."""

    def __init__(self, code: int, message: str, details: str = "") -> None:
        super().__init__(message)
        self.code, self.details = code, details[:200]


def query_of_cql(text: str) -> str:
    """The query of this site that a CQL query means. Raises SruDiagnostic. `text` has a bounded length."""
    reader = _Reader([*_tokens(text)])
    query = reader.clauses(0)
    match reader.peek().lower():
        case "":
            return query
        case "sortby":
            raise SruDiagnostic(80, "Sort not supported")
        case ")":
            raise SruDiagnostic(13, "Invalid or unsupported use of parentheses", ")")
        case "prox":
            raise SruDiagnostic(39, "Proximity not supported", "prox")
        case other:
            raise SruDiagnostic(10, "Query syntax error", other)


def _tokens(text: str) -> Iterator[str]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match[4]:
            raise SruDiagnostic(
                14 if '"' in text[position:] else 10, "Invalid or unsupported use of quotes", text[position:]
            )
        yield match[0].strip()
        position = match.end()


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    position: int = 0
    booleans: int = 0

    def peek(self, after: int = 0) -> str:
        index = self.position + after
        return self.tokens[index] if index < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def clauses(self, depth: int) -> str:
        """Clauses with operators between them, which all bind equally, from the left."""
        query = self.clause(depth)
        while (operator := _OPERATORS.get(self.peek().lower())) is not None:
            self.take()
            self.booleans += 1
            if self.booleans > MOST_BOOLEANS:
                raise SruDiagnostic(38, "Too many boolean operators in query", str(MOST_BOOLEANS))
            if self.peek() == "/":
                raise SruDiagnostic(46, "Unsupported boolean modifier", self.peek(1))
            query = f"({query} {operator} {self.clause(depth)})"
        return query

    def clause(self, depth: int) -> str:
        taken = self.take()
        if taken == "(":
            if depth == MOST_DEPTH:
                raise SruDiagnostic(13, "Invalid or unsupported use of parentheses", str(MOST_DEPTH))
            query = self.clauses(depth + 1)
            if self.take() != ")":
                raise SruDiagnostic(13, "Invalid or unsupported use of parentheses", "(")
            return query
        if not _is_term(taken) or (taken.lower() in _RESERVED and self.peek() not in _RELATIONS):
            raise SruDiagnostic(10, "Query syntax error", taken)
        relation = self.peek().lower()
        if relation in _RELATIONS and _is_term(self.peek(1).lower(), "/"):
            return self.compared(taken, relation)
        if _is_term(relation) and relation not in _RESERVED:
            raise SruDiagnostic(10, "Query syntax error", relation)
        return searched_term("", "scr", _unquoted(taken))

    def compared(self, index: str, relation: str) -> str:
        self.take()
        if self.peek() == "/":
            raise SruDiagnostic(20, "Unsupported relation modifier", self.peek(1))
        name = _unquoted(index).lower()
        if name == "cql.allrecords":
            self.take()
            return "*"
        field = INDEXES.get(name, _BARE.get(name))
        if field is None:
            context = name.partition(".")[0]
            if "." in name and context not in {"cql", "dc"}:
                raise SruDiagnostic(15, "Unsupported context set", context)
            raise SruDiagnostic(16, "Unsupported index", index)
        return searched_term(field, relation, _unquoted(self.take()))


def searched_term(field: str, relation: str, term: str) -> str:
    """A clause as our query. Raises SruDiagnostic for a relation that a field has not, and for an empty term."""
    if field == "date":
        if relation not in _DATES:
            raise SruDiagnostic(22, "Unsupported combination of relation and index", relation)
        if not _CQL_DATE.fullmatch(term):
            raise SruDiagnostic(36, "Term in invalid format for index or relation", term)
        return _DATES[relation].format(term)
    # A hyphen before a word would exclude it; an operator of ours is in capitals.
    words = [word for written in _CQL_WORD.findall(term.replace("_", " ").lower()) if (word := written.lstrip("-.'’"))]
    if not words:
        raise SruDiagnostic(27, "Empty term unsupported")
    named = f"{field}:" if field else ""
    if relation == "<>":
        return f"(* SAUF {searched_term(field, '==', term)})"
    phrase = '"' + " ".join(re.sub(r'["«»“”]', " ", term).split()) + '"'
    if relation in _PHRASE_RELATIONS or (field in {"mot-clé", "langue"} and relation in {"=", "scr"}):
        return f"{named}{phrase}"
    if (operator := _WORD_RELATIONS.get(relation)) is None:
        raise SruDiagnostic(22, "Unsupported combination of relation and index", relation)
    joined = [f"{named}{word}" for word in words]
    return joined[0] if len(joined) == 1 else f"({f' {operator} '.join(joined)})"


def _is_term(token: str, *others: str) -> bool:
    return bool(token) and (token in others or token[0] == '"' or not re.fullmatch(r"[()/]|<=|>=|<>|==|[<>=]", token))


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL) if token[:1] == '"' else token
