"""Which connections there are, by person and by what can revoke them; ends those whose time is over."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable

from django.conf import settings

from rooms.live import identity as identities
from rooms.live.connections import Connection
from rooms.live.identity import Identity
from rooms.live.refusals import TooManyConnections
from rooms.live.worker import Turn, Worker

logger = logging.getLogger(__name__)

COMPLAIN_EVERY = 60.0  # seconds


class Directory:
    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.connections: set[Connection] = set()
        self.by_user: dict[str, set[Connection]] = {}
        self.by_mark: dict[str, set[Connection]] = {}
        self.by_address: Counter[str] = Counter()
        self.complained_at = -COMPLAIN_EVERY
        self.expiries: dict[Connection, asyncio.TimerHandle] = {}
        # What a bell tells at once is asked of the database too, in turn: it may have changed unheard.
        self.people_turn, self.session_turn = Turn(), Turn()

    def enter(self, connection: Connection) -> None:
        """Raises TooManyConnections where its address has as many here as it may have."""
        if connection.address:
            most: int = settings.REALTIME_CONNECTIONS_PER_ADDRESS
            if self.by_address[connection.address] >= most:
                self.complain(connection.address)
                raise TooManyConnections
            self.by_address[connection.address] += 1
        self.connections.add(connection)

    def leave(self, connection: Connection) -> None:
        self.connections.remove(connection)
        self.forget(connection)
        if connection.address:
            self.by_address[connection.address] -= 1
            if not self.by_address[connection.address]:
                del self.by_address[connection.address]

    def complain(self, address: str) -> None:
        if time.monotonic() - self.complained_at > COMPLAIN_EVERY:
            self.complained_at = time.monotonic()
            logger.warning("%s has %s live connections and gets no more", address, self.by_address[address])

    def identify(self, connection: Connection, identity: Identity) -> None:
        """From now on the connection is `identity`, until its token ends."""
        if connection not in self.connections:
            return
        self.forget(connection)
        connection.identity = identity
        if identity.user_id:
            self.by_user.setdefault(identity.user_id, set()).add(connection)
        for mark in identity.marks:
            self.by_mark.setdefault(mark, set()).add(connection)
        if identity.expires_at is not None:
            left = max(0.0, identity.expires_at - time.time())
            self.expiries[connection] = self.worker.loop.call_later(left, connection.expire)

    def forget(self, connection: Connection) -> None:
        expiry = self.expiries.pop(connection, None)
        if expiry is not None:
            expiry.cancel()
        for index, keys in (
            (self.by_user, (connection.identity.user_id,)),
            (self.by_mark, connection.identity.marks),
        ):
            for key in keys:
                known = index.get(key)
                if known is not None:
                    known.discard(connection)
                    if not known:
                        del index[key]

    def of_person(self, user_id: str) -> list[Connection]:
        return list(self.by_user.get(user_id, ()))

    def expire_marks(self, marks: Iterable[str]) -> None:
        """Ends the connections that hold one of these revoked marks."""
        for mark in marks:
            for connection in list(self.by_mark.get(mark, ())):
                connection.expire()

    async def tick(self) -> None:
        """Ends the connections of revoked tokens, people switched off and sessions signed out."""
        self.expire_marks(await self.worker.run(identities.ended_marks, set(self.by_mark)))
        for user_id in await self.worker.run(identities.ended_people, self.people_turn.some_of(list(self.by_user))):
            for connection in self.of_person(user_id):
                connection.expire()
        by_session = [each for each in self.connections if each.identity.session_key]
        chosen = {each: each.identity.session_key for each in self.session_turn.some_of(by_session)}
        ended = await self.worker.run(identities.ended_sessions, [key for key in set(chosen.values()) if key])
        for connection, key in chosen.items():
            if key in ended:
                connection.expire()
