"""procrastinate's connections, which wait for a database that restarts instead of giving up."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from operations.outages import is_gone

log = logging.getLogger(__name__)

BETWEEN_TRIES_SECONDS = 0.5
BETWEEN_WARNINGS_SECONDS = 10


class PatientConnector(PsycopgConnector):
    """Asks again until the database answers; no later than `until`, by `time.monotonic`.

    A question whose answer was lost is asked twice. The questions bear that: what was taken from
    the queue and never arrived is found by the supervisor.
    """

    def __init__(self, frozen_after: float) -> None:
        """`frozen_after`: seconds after which a transaction in which nothing happens is ended."""
        self.until = float("inf")
        self._tells_from = 0.0
        params = connector_params()
        frozen = f"idle_in_transaction_session_timeout={int(frozen_after * 1000)}"
        super().__init__(
            kwargs={**params, "options": f"{params.get('options', '')} -c {frozen}".strip()},
            min_size=1,
            max_size=3,
            # Give up soon and ask anew, instead of trying to connect ever more rarely.
            timeout=1,
            reconnect_timeout=0.1,
        )

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        await self._patiently(super().execute_query_async, query, arguments)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self._patiently(
            super().execute_query_one_async, query, arguments
        )
        return found

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._patiently(
            super().execute_query_all_async, query, arguments
        )
        return found

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Until it is cancelled. What is missed meanwhile is found by the next look."""
        while True:
            try:
                await super().listen_notify(on_notification, list(channels))
            except ConnectorException as error:
                await self._wait_or_raise(error)

    async def _patiently(
        self, ask: Callable[..., Awaitable[Any]], query: Any, arguments: dict[str, Any]
    ) -> Any:
        while True:
            try:
                return await ask(query, **arguments)
            except ConnectorException as error:
                await self._wait_or_raise(error)

    async def _wait_or_raise(self, error: ConnectorException) -> None:
        if not is_gone(error) or time.monotonic() > self.until:
            raise error
        if time.monotonic() > self._tells_from:
            self._tells_from = time.monotonic() + BETWEEN_WARNINGS_SECONDS
            log.warning("The database does not answer; the worker asks again.")
        await asyncio.sleep(BETWEEN_TRIES_SECONDS)
