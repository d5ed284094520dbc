"""The caller to whom a request counts when threads are shared (`kb.web.http.limits.page_threads`)."""

from collections import OrderedDict
from threading import Lock

from starlette.requests import Request

from kb.access.actor import ANONYMOUS, Actor
from kb.model.people.secret import secret_hash
from kb.web.http.authentication import RequestCredentials
from kb.web.http.limits.fair_queue import Caller, Group
from kb.web.http.limits.page_threads import LOCAL_CALLER
from kb.web.http.limits.request_rates import caller_key

_MOST_KNOWN = 10_000
"""Sessions and tokens in memory, some 2 MB; beyond that, the least recently used are dropped."""


class KnownCallers:
    """The users of recently accepted sessions and tokens. Safe in many threads.

    It decides whose turn a request takes, before the database is asked. It gives no rights: a session that has ended
    meanwhile still takes the turns of its user, but gives no access.
    """

    def __init__(self) -> None:
        self._callers: OrderedDict[str, Caller] = OrderedDict()
        self._lock = Lock()

    def caller_of(self, credentials: RequestCredentials, client: str) -> Caller:
        """A user, or the programs of a user; for anonymous visitors the network; empty for this machine.

        Requests with unknown credentials count together, apart from the anonymous ones of their network: so they cannot
        keep a user of the same network from being recognised.
        """
        if not credentials.has_credentials:
            return _anonymous(client)
        with self._lock:
            key = _key(credentials)
            caller = self._callers.get(key)
            if caller is not None:
                self._callers.move_to_end(key)
                return caller
        anonymous = _anonymous(client)
        return anonymous if anonymous == LOCAL_CALLER else Caller(f"{anonymous.name} unknown")

    def remember(self, credentials: RequestCredentials, actor: Actor) -> None:
        """Remember the user of a request's session, token or login, if it was accepted."""
        if actor.user_id is None:
            return
        key = _key(credentials)
        with self._lock:
            if key in self._callers:
                return
            name = f"{actor.user_id} by token" if credentials.token is not None else actor.user_id
            self._callers[key] = Caller(name, Group.USER)
            if len(self._callers) > _MOST_KNOWN:
                self._callers.popitem(last=False)


def known_callers(request: Request) -> KnownCallers:
    """The known callers of the application."""
    known: KnownCallers = request.app.state.known_callers
    return known


def caller_of(request: Request, credentials: RequestCredentials) -> Caller:
    """The caller whose turn a request takes."""
    return known_callers(request).caller_of(credentials, request.client.host if request.client else "")


def _anonymous(client: str) -> Caller:
    network = caller_key(ANONYMOUS, client)
    return Caller(network) if network else LOCAL_CALLER


def _key(credentials: RequestCredentials) -> str:
    """The hash of the secret that decides who the actor is, in the order of `kb.web.http.authentication.actor_of`."""
    if credentials.token is not None:
        return secret_hash(f"token\0{credentials.token}")
    if credentials.proxy_login:
        return secret_hash(f"login\0{credentials.proxy_login}")
    return secret_hash(f"session\0{credentials.session}")
