"""The vectors of questions, for pages: a page waits for a moment at most, and not at all for a service that is down."""

import logging
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable
from threading import Event, Lock, Thread

from kb.features.meaning.embedding_service import EmbeddingFailure, EmbeddingService, TextKind
from kb.features.meaning.services import service_of
from kb.settings import Settings

PATIENCE = 0.15
"""Seconds that a question waits for its vector."""
PAUSES = (5.0, 10.0, 30.0, 60.0)
"""Seconds in which a service that failed, or was too slow, is asked nothing: longer after each failure in a row."""
_SECONDS = 10.0
"""The longest that the service may take: a late answer is there for the next page of the same question."""
_MOST_AT_ONCE = 4
_MOST_KNOWN = 500
"""Questions whose vectors are kept, some 2 kB each."""
_LONGEST = 1_000

_log = logging.getLogger(__name__)


class QuestionEmbedder:
    """`kb.search.embedder.Embedder` over a service."""

    def __init__(
        self, service: EmbeddingService, *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.model = service.model
        self._service, self._patience, self._clock = service, patience, clock
        self._known: OrderedDict[str, array[float]] = OrderedDict()
        self._asked: dict[str, Event] = {}
        self._left_alone_until = 0.0
        self._failures = 0
        self._reason = ""
        self._is_closed = False
        self._guard = Lock()

    def embed_question(self, text: str) -> tuple[float, ...] | None:
        """The vector of a question; None to search by words."""
        question = " ".join(text.split())[:_LONGEST]
        if not question:
            return None
        with self._guard:
            if question in self._known:
                self._known.move_to_end(question)
                return tuple(self._known[question])
            if self._clock() < self._left_alone_until:
                return None
            answered = self._asked.get(question)
            if answered is None:
                if len(self._asked) >= _MOST_AT_ONCE:
                    return None
                answered = self._asked[question] = Event()
                Thread(target=self._ask, args=(question, answered), daemon=True).start()
        is_answered = answered.wait(self._patience)
        with self._guard:
            if not is_answered:
                self._left_alone_until = self._clock() + PAUSES[0]
            known = self._known.get(question)
            return None if known is None else tuple(known)

    def prepare(self) -> None:
        """Start the process of the service, if it has one."""
        self._service.prepare()

    def close(self) -> None:
        """End the service, and what it is asked at this moment."""
        self._is_closed = True
        self._service.close()

    def _ask(self, question: str, answered: Event) -> None:
        """Ask the service, in a thread. No message holds the question."""
        try:
            (vector,) = self._service.embed([question], TextKind.QUESTION, _SECONDS)
        except EmbeddingFailure as failure:
            self._note(str(failure), failure.wait)
        except Exception as error:  # noqa: BLE001 - a page never fails because of it
            self._note(f"The vectors of questions fail: {type(error).__name__}.")
        else:
            with self._guard:
                self._known[question] = array("f", vector)
                if len(self._known) > _MOST_KNOWN:
                    self._known.popitem(last=False)
                self._failures, self._reason = 0, ""
        finally:
            with self._guard:
                del self._asked[question]
            answered.set()

    def _note(self, reason: str, wait: float = 0.0) -> None:
        """Leave the service alone for a while; the log says each reason once."""
        with self._guard:
            pause = max(wait, PAUSES[min(self._failures, len(PAUSES) - 1)])
            self._left_alone_until = self._clock() + pause
            self._failures += 1
            is_new, self._reason = reason != self._reason, reason
        if is_new and not self._is_closed:
            _log.warning("Questions are searched by words only: %s", reason)


def embedder_of(settings: Settings) -> QuestionEmbedder | None:
    """The embedder that the settings give; None without a service."""
    service = service_of(settings, TextKind.QUESTION)
    return None if service is None else QuestionEmbedder(service)


EMBEDDER = embedder_of
