"""Find the source and date of a page in a comment: "Lagazette.fr, 7 nov 2014".

This is the habit of a team, not a format: a source, a comma and a date, alone in the comment or with other words. Many
sentences merely contain a date, so the source must look like a name and stand where a name would.
"""

import re
from typing import Literal, NamedTuple

from kb.model.written_dates import WRITTEN_DATE, lower_without_accents, partial_date

_LONGEST_READ = 4_000
"""Characters of a comment that are looked at."""
_LONGEST, _MOST_WORDS = 80, 8
"""Characters and words of a source."""
_SEARCHED = 400
"""Characters before a date among which its source stands: more than a domain has."""


class SourceAndDate(NamedTuple):
    """A source; a date as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; the precision of the date."""

    source: str
    published: str
    precision: Literal["day", "month", "year"]


_PRECISIONS: dict[int, Literal["day", "month", "year"]] = {4: "year", 7: "month", 10: "day"}

_DASHES = r"–—―‐‑‒−\-"
# Where a source may begin: at a line, at a sentence, after a dash, in brackets.
_START = re.compile(rf"\n|(?<=[.!?…»”)\]])\s+|\s[{_DASHES}•*>]+\s+|[(\[]\s*")
_LEAD = re.compile(rf"[\s{_DASHES}•*·>]*")
_INTRODUCTION = re.compile(
    r"(?:sources?|réf(?:érence)?|origine|via|in|lien|article|cf\.?|(?:[àa]\s+)?(?:re)?(?:lire|voir)(?:\s+aussi)?)\s*:\s*"
    r"|(?:(?:lu|vu|paru|publié|repéré|trouvé|repris|à lire|seen|read|found|published)\s+)?"
    r"(?:sur|dans|via|in|on|from)\s+",
    re.IGNORECASE,
)
_COMMA = re.compile(r",\s*(?P<the>le\s+)?", re.IGNORECASE)
_DOMAIN = re.compile(r"(?!.{254})[^\W_](?:[\w-]*[^\W_])?(?:\.[\w-]+)*\.[a-z]{2,12}", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:[ld]['’]|les?\s|la\s|the\s)", re.IGNORECASE)
_NUMBERED = re.compile(r"\d+(?:[^\W\d_]|\s+[^\W\d_a-zà-ÿ])")
_NOT_A_NAME = re.compile(r"[!?;:|=@<>{}\n…]|[.]\s")

# What may follow a date: the end of the line, a pause, a new sentence; never the rest of a sentence.
_END = re.compile(r"[\s.)\]»”\"]*(?:\n|$)")
_TIME = re.compile(r"\s*+(?:(?:,|à|at|-|–|:)\s*+)?\d{1,2}\s*(?:h\b|h\d|:\d\d|am\b|pm\b)", re.IGNORECASE)
_PAUSE = re.compile(rf"\s*[.:;|)\]]\s|\s+[{_DASHES}]+\s|\s*,\s*(?:par|by|p\.|page|n°|no\b|rubrique|vol)", re.IGNORECASE)
_SENTENCE_OF_ITS_OWN = re.compile(r"\s+(?:(?P<mark>[«“\"(\[])\s*)?(?P<letter>\w)")

# Words that mark a sentence, in lower case wherever they stand. Without accents.
_SENTENCE_WORDS = """
je tu il elle on nous vous ils elles moi toi lui eux ca cela ceci ce cet cette ces mon ton son notre votre nos vos mes
qui que quand dont si ne pas plus jamais personne est sont etait etaient sera seront serait soit fut ete etre suis
sommes etes a ai ont avons avez avait aura auront avoir fait font faire fera va vont vais allons peut peuvent doit
doivent devra faut faudra veut veulent voir voit vu lire lu sais sait dit dire rappelle merci bravo prevu prevue
prevus reporte reportee annule annulee commence demarre termine depuis jusque jusqu avant apres vers deja encore
bientot demain hier rendez rdv envoye recu signe signee adopte adoptee vote votee modifie modifiee mis mise cree creee
publie publiee paru parue date datee valable consulte consultee arrive arrivent parle pense crois aime attends i you
he she it we they that this these those my your our is are was were be been will would can could should must has have
had do does did not no see saw seen since until before after please thanks starts ends updated accessed signed
"""
# Words that open a sentence, or name a moment or a meeting, and no source. Without accents.
_OPENING_WORDS = """
lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday friday saturday sunday janvier
fevrier mars avril mai juin juillet aout septembre octobre novembre decembre printemps ete automne hiver noel hier
demain aujourd maintenant bientot depuis jusqu jusque avant apres pendant entre vers fin debut courant reunion
reunions rendez rdv conference conferences journee journees atelier ateliers colloque seminaire webinaire formation
rencontre rencontres seance visite assemblee inauguration lancement cloture soiree matinee anniversaire deadline date
dates echeance limite rappel prochain prochaine inscription inscriptions compte mise maj version depot signature
adoption entree devis facture mail courriel lettre message appel photo photos a au aux en dans sur sous pour par chez
avec sans selon suite des de du d un une ce cet cette ces mon ma mes ton notre nos votre vos leur leurs sa ses tout
tous toutes tres trop bien bon bonne beau belle super excellent excellente interessant interessante merci bonjour
bonsoir salut cher chere chers bref donc mais et ou ni car ainsi enfin puis ensuite sinon alors aussi voila ok oui non
exemple cf nb ps note attention urgent vu lu voir lire modifie publie cree ajoute consulte je tu il ils nous on c ca
cela quand comment pourquoi combien quel quelle si comme lorsque n ne qu rien fait vacances conges ecrit signe meeting
workshop seminar updated published accessed released posted yesterday today tomorrow since until before after by at in
for with from about see thanks thank hello hi dear please my our your these those we i he she they there here when
where why how but and or so
"""
_OF_SENTENCES = frozenset(_SENTENCE_WORDS.split())
_OPENING = frozenset(_OPENING_WORDS.split()) | _OF_SENTENCES
# Alone, a pronoun may be the name of a magazine: Elle, Nous, Vous.
_ALONE = frozenset(_OPENING_WORDS.split())
_VERB = re.compile(r"(?:aient|eront|iront|erait|irait|eraient|erons|erez|irez|issent|assent)$")


def source_and_date(comment: str) -> SourceAndDate | None:
    """The source and the date of publication in a comment, or None.

    >>> source_and_date("- Pratiques collaboratives, 1er oct 2014")
    SourceAndDate(source='Pratiques collaboratives', published='2014-10-01', precision='day')
    """
    text = comment[:_LONGEST_READ]
    for comma in _COMMA.finditer(text):
        match = WRITTEN_DATE.match(text, comma.end())
        published = partial_date(match) if match else None
        if match is None or published is None:
            continue
        before, is_last = text[: comma.start()].rstrip(), _END.fullmatch(text, match.end()) is not None
        source = _trailing_source(before, is_last=is_last)
        if source is None or (comma["the"] and not _DOMAIN.fullmatch(source)):
            continue
        precision = _PRECISIONS[len(published)]
        if precision == "year" and not _DOMAIN.fullmatch(source):
            # A number after a name proves little: books, kings and budgets have one too.
            fits = is_last and _LEAD.sub("", before, count=1).strip() == source
        else:
            # Few sentences hold a domain before a date, so anything but an hour may follow the date.
            fits = _may_end_date(text, match.end()) or (
                _DOMAIN.fullmatch(source) is not None and not _TIME.match(text, match.end())
            )
        if fits:
            return SourceAndDate(source, published, precision)
    return None


def _may_end_date(text: str, position: int) -> bool:
    """Whether a date may end here: the rest of its sentence does not follow."""
    if _END.match(text, position):
        return True
    if _TIME.match(text, position):
        return False
    if _PAUSE.match(text, position):
        return True
    following = _SENTENCE_OF_ITS_OWN.match(text, position)
    return following is not None and (following["mark"] is not None or not following["letter"].islower())


def _trailing_source(text: str, *, is_last: bool) -> str | None:
    """The source at the end of a text. `is_last`: its date ends the comment."""
    first = max(0, len(text) - _SEARCHED)
    start = max((match.end() for match in _START.finditer(text, first)), default=first)
    lead = _LEAD.match(text, start)
    start = lead.end() if lead else start
    introduction = _INTRODUCTION.match(text, start)
    source = text[introduction.end() if introduction else start :].strip().strip("«»“”\"'").strip()
    # The habit is certain if a dash opens a comment that holds nothing else.
    dashed = is_last and _LEAD.fullmatch(text, 0, start) is not None and bool(text[:start].strip())
    if _is_source_name(source, small=dashed):
        return source
    last = re.split(r",\s*", source)[-1]
    return last if _DOMAIN.fullmatch(last) else None


def _is_source_name(source: str, *, small: bool) -> bool:
    """Whether a text looks like the name of a source. `small`: it may begin with a small letter."""
    if _DOMAIN.fullmatch(source):
        return True
    if not 2 <= len(source) <= _LONGEST or _NOT_A_NAME.search(source) or not _begins_as_name(source, small=small):
        return False
    words = re.findall(r"[^\W\d_]+", source)
    if not 0 < len(words) <= _MOST_WORDS or lower_without_accents(words[0]) in (_OPENING if len(words) > 1 else _ALONE):
        return False
    return not any(
        word.islower() and word != "à" and (lower_without_accents(word) in _OF_SENTENCES or _VERB.search(word))
        for word in words
    )


def _begins_as_name(source: str, *, small: bool) -> bool:
    """Whether a text begins with a capital, an article and a capital, a number that is part of a name, a domain."""
    article = _ARTICLE.match(source)
    first = source[article.end() :] if article else source
    word = first.split()[0] if first.split() else ""
    if word[:1].isdigit():
        return small or _NUMBERED.match(first) is not None
    has_capital = any(letter.isupper() for letter in word) or not word[:1].islower()
    return small or has_capital or (article is not None and source[0].isupper()) or _DOMAIN.fullmatch(word) is not None
