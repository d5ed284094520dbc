"""The values in the JSON objects of the API: ids, slugs, dates, counts, with their patterns."""

from typing import Annotated

from kb.model.items.selectors import FARTHEST
from kb.model.people.group import Role
from kb.web.api.json_schema import Keywords

LONGEST_NAME = 64
"""Characters of a slug, a date, a language, a kind or a colour."""
ID = "[A-Za-z0-9_-]{1,64}"
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
MONTH = "(?:0[1-9]|1[0-2])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
DATE = (
    f"(?:{_YEAR}|{_YEAR}-{MONTH}|{_YEAR}-{MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|{_YEAR}-(?:0[13-9]|1[0-2])-(?:29|30)"
    f"|{_YEAR}-(?:0[13578]|1[02])-31|{_LEAP_YEAR}-02-29)"
)
"""A year, month or day of the calendar."""
DATE_OR_EMPTY = f"^{DATE}?$"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
LANGUAGE_TAG = "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"

Id = Annotated[str, Keywords(name="Id", pattern=f"^{ID}$")]
Slug = Annotated[str, Keywords(name="Slug", pattern="^[a-z0-9~-]{1,64}$")]
Count = Annotated[int, Keywords(name="Count", minimum=0, maximum=1 << 53)]
Position = Annotated[int, Keywords(minimum=0, maximum=FARTHEST - 1)]
Place = Annotated[int, Keywords(minimum=1)]
Range = Annotated[list[Place] | None, Keywords(name="Range", minItems=2, maxItems=2)]
MaybeDate = Annotated[str | None, Keywords(name="MaybeDate", pattern=f"^{DATE}$")]
MaybeInstant = Annotated[str | None, Keywords(name="MaybeInstant", pattern=f"^{_DAY}(?:[Tt ]{_TIME})?$")]
RoleName = Annotated[str, Keywords(enum=[role.key for role in Role])]
