"""What has to be true before the first request: schema, partitions, an owner."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import psycopg2
from tenacity import Retrying, before_sleep_log, wait_random_exponential

from common.wire import localforge

from .accounts.passwords import hash_password
from .database import Database, Transaction
from .logs.partitions import make_partitions
from .pool import connect
from .settings import DbproxySettings

log = logging.getLogger(__name__)


def prepare(settings: DbproxySettings, database: Database) -> None:
    """Returns once Postgres is ready for requests, however long it is away."""
    url = settings.database_url.get_secret_value()
    for attempt in Retrying(wait=wait_random_exponential(multiplier=0.2, max=5),
                            before_sleep=before_sleep_log(log, logging.WARNING)):
        with attempt:
            _try_prepare(settings, url, database)
    database.open()
    log.info("the database is ready")


def _try_prepare(settings: DbproxySettings, url: str, database: Database) -> None:
    try:
        connect(url).close()
        _migrate(url)
        database.prepare(make_partitions)
        database.prepare(first_owner, settings.owner_login, settings.owner_password.get_secret_value())
    except Exception as problem:
        database.keep_closed(f"the database cannot be prepared ({_cause(problem)})")
        raise


def _migrate(url: str) -> None:
    result = subprocess.run([sys.executable, "-m", "dbproxy.schema"], input=url, text=True, capture_output=True,
                            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    if result.returncode:
        raise RuntimeError(f"migrations failed: {(result.stderr.strip().splitlines() or ['no output'])[-1]}")


def first_owner(transaction: Transaction, login: str, password: str) -> None:
    """Where there is no owner, make one; an account of that login becomes it and keeps its password."""
    if transaction.value("SELECT 1 FROM accounts WHERE role = 'owner' LIMIT 1"):
        return
    transaction.do(
        "INSERT INTO accounts (forge, login, name, role, password_hash) VALUES (%s, %s, %s, 'owner', %s) "
        "ON CONFLICT (forge, lower(login)) DO UPDATE SET role = 'owner', disabled = false",
        (localforge.NAME, login, login, hash_password(password)))
    log.info("the first account was made: %s, an owner", login)


def _cause(problem: Exception) -> str:
    if isinstance(problem, psycopg2.Error):
        return "Postgres does not answer"
    return str(problem) or type(problem).__name__
