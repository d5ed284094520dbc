"""Validate OAI-PMH answers with schemas (`oai_schemas`), and parse them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
_SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "oai_schemas" / "oai_pmh.xsd"))


@dataclass(frozen=True, slots=True)
class OaiAnswer:
    """A valid answer."""

    root: Any

    @property
    def error(self) -> str | None:
        """The code of the error."""
        error = self.root.find(f"{OAI}error")
        return None if error is None else str(error.get("code"))

    @property
    def headers(self) -> dict[str, Any]:
        """The headers of the records, by identifier."""
        return {header.findtext(f"{OAI}identifier"): header for header in self.root.iter(f"{OAI}header")}

    @property
    def ids(self) -> list[str]:
        """The ids of the items, in order."""
        return [header.rpartition(":")[2] for header in self.headers]

    @property
    def deleted(self) -> list[str]:
        """The ids of the items whose records are deleted."""
        names = (name for name, header in self.headers.items() if header.get("status") == "deleted")
        return [name.rpartition(":")[2] for name in names]

    @property
    def token(self) -> str:
        """The resumption token; empty at the end."""
        return self.root.findtext(f".//{OAI}resumptionToken") or ""

    def text(self, name: str) -> str | None:
        """The text of the first element of this name."""
        text: str | None = self.root.findtext(f".//{OAI}{name}")
        return text

    def texts(self, name: str, namespace: str = OAI) -> list[str]:
        """The texts of all elements of this name."""
        return [element.text for element in self.root.iter(f"{namespace}{name}")]


def checked_answer(content: bytes) -> OaiAnswer:
    """Read an answer. Raises AssertionError if it is not valid."""
    root = etree.fromstring(content)
    assert _SCHEMA.validate(root), _SCHEMA.error_log
    return OaiAnswer(root)
