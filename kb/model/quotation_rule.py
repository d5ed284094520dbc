"""The right of quotation: what of the pages of a source may be passed on in press reviews and messages."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.errors import Invalid
from kb.whole_numbers import parse_whole_number

SHORTEST_LIMIT, LONGEST_LIMIT = 50, 1_000
LINK_ONLY, EVERYTHING = "link", "all"
LONGEST_SOURCE = 500


@dataclass(frozen=True, slots=True)
class QuotationRule:
    """At most `longest` characters of each passage and of the description; 0: title and link only; None: no limit."""

    longest: int | None = None

    @classmethod
    def parse(cls, text: str) -> "QuotationRule":
        """A rule as settings and the database have it: `all`, `link`, or a number of characters. Raises Invalid."""
        if text in {EVERYTHING, LINK_ONLY}:
            return cls(None if text == EVERYTHING else 0)
        longest = parse_whole_number(text, 0, most=LONGEST_LIMIT)
        if longest < SHORTEST_LIMIT:
            raise Invalid(
                "The limit of a quotation is a number from %(least)s to %(most)s.",
                least=SHORTEST_LIMIT,
                most=LONGEST_LIMIT,
            )
        return cls(longest)

    def __str__(self) -> str:
        return EVERYTHING if self.longest is None else str(self.longest) if self.longest else LINK_ONLY


def source_form(source: str | None) -> str:
    """The form in which sources are compared."""
    return " ".join((source or "").split()).casefold()


@dataclass(frozen=True, slots=True)
class QuotationRules:
    """The rules of groups, by the id of the group and the form of the source; an empty form is for all other sources.
    `default` is that of the site.
    """

    rules: Mapping[tuple[str, str], QuotationRule]
    default: QuotationRule = QuotationRule()

    def of(self, group_id: str, source: str | None) -> QuotationRule:
        """The rule of a source of a group."""
        rules = self.rules
        return rules.get((group_id, source_form(source))) or rules.get((group_id, "")) or self.default
