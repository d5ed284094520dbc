"""The service that the settings name."""

from kb.features.meaning.embedding_service import EmbeddingService, TextKind
from kb.features.meaning.local_service import LocalService
from kb.features.meaning.openai_service import OpenAiService
from kb.features.meaning.settings import LOCAL, EmbeddingSettings
from kb.settings import Settings


def service_of(settings: Settings, kind: TextKind) -> EmbeddingService | None:
    """The service for texts of a kind; None if none is set."""
    own = settings.of(EmbeddingSettings)
    match own.embeddings_url:
        case "":
            return None
        case address if address == LOCAL:
            return LocalService(kind)
        case _:
            return OpenAiService(own)
