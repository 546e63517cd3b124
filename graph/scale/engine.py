"""The connections of the queue to its database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy

CONNECT_SECONDS = 10
"""How long a connection may take to come about, unless the URL says otherwise."""

IDLE_MILLISECONDS = 60_000
"""How long a transaction may lie idle before the server ends it, unless the URL says otherwise: a lost machine keeps no
lock."""


@contextmanager
def open_engine(database: str, *, connections: int, application: str) -> Iterator[sqlalchemy.Engine]:
    """An engine for DBOS, which goes on when the database comes back after having been away.

    Args:
        database: `postgresql://…`.
        connections: How many it may have at most.
        application: The name that the database shows for them.
    """
    url = sqlalchemy.make_url(database).set(drivername="postgresql+psycopg")
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    engine = sqlalchemy.create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"application_name": application, **timeout},
    )
    if "idle_in_transaction_session_timeout" not in str(url.query.get("options", "")):
        sqlalchemy.event.listen(engine, "connect", _limit_idle_transactions)
    sqlalchemy.event.listen(engine, "handle_error", _count_as_lost)
    try:
        yield engine
    finally:
        engine.dispose()


def _limit_idle_transactions(connection: sqlalchemy.engine.interfaces.DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MILLISECONDS}")
    cursor.close()
    connection.commit()


def _count_as_lost(context: sqlalchemy.engine.ExceptionContext) -> None:
    """Count a connection that cannot be had like one that was lost.

    DBOS waits for a lost one. It goes by the words of an error as well, but does not know those for a socket file that
    is gone, as it is while a PostgreSQL of this machine restarts.
    """
    driver = context.dialect.loaded_dbapi
    if context.connection is None and isinstance(context.original_exception, driver.OperationalError):
        context.is_disconnect = True
