"""API keys: shown once, checked by hash, revoked for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from propound.storage import keys
from propound.storage.keys import Scope
from propound.storage.session import Database
from propound.storage.tables import ApiKey


def make(database: Database, *scopes: Scope, tenant: str = "acme") -> keys.NewKey:
    with database.begin() as session:
        return keys.create(session, tenant=tenant, name="test", scopes=scopes)


def test_a_secret_opens_its_key_and_is_not_stored(database: Database) -> None:
    made = make(database, Scope.JOBS_READ)
    assert made.secret.startswith(f"pp_{made.key.prefix}_")
    with database.begin() as session:
        found = keys.authenticate(session, made.secret)
        assert found is not None
        assert found.id == made.key.id
        assert made.secret.split("_", 2)[2] not in str(vars(found))


@pytest.mark.parametrize(
    "wrong",
    ["", "pp", "pp__", "pp_{prefix}_wrong", "sk_{prefix}_x", "pp_\x00_\ud800", "pp_{prefix}_" + "x" * 999],
)
def test_a_wrong_secret_opens_nothing(database: Database, wrong: str) -> None:
    prefix = make(database, Scope.ADMIN).key.prefix
    with database.begin() as session:
        assert keys.authenticate(session, wrong.replace("{prefix}", prefix)) is None


def test_a_revoked_key_is_dead_and_stays_listed(database: Database) -> None:
    made = make(database, Scope.ADMIN)
    with database.begin() as session:
        assert keys.revoke(session, "other", made.key.id) is None
        first = keys.revoke(session, "acme", made.key.id)
        assert first is not None
        moment = first.revoked_at
    with database.begin() as session:
        assert keys.authenticate(session, made.secret) is None
        again = keys.revoke(session, "acme", made.key.id)
        assert again is not None
        assert again.revoked_at == moment
        assert [key.id for key in keys.page(session, "acme", limit=10)] == [made.key.id]
        assert keys.page(session, "other", limit=10) == []


def test_scopes() -> None:
    reader, admin = ApiKey(scopes=["jobs:read"]), ApiKey(scopes=["admin"])
    assert keys.allows(reader, Scope.JOBS_READ)
    assert not keys.allows(reader, Scope.JOBS_WRITE)
    assert all(keys.allows(admin, scope) for scope in Scope)


def test_use_is_noted_once_a_minute(database: Database) -> None:
    made = make(database, Scope.ADMIN)
    seen = []
    for _ in range(2):
        with database.begin() as session:
            keys.authenticate(session, made.secret)
        with database.begin() as session:
            seen.append(session.scalar(select(ApiKey.last_used_at)))
    assert seen[0] is not None
    assert seen[0] == seen[1]
    with database.begin() as session:
        session.execute(update(ApiKey).values(last_used_at=func.now() - keys.USE_IS_NOTED_EVERY * 2))
        keys.authenticate(session, made.secret)
    with database.begin() as session:
        assert session.scalar(select(ApiKey.last_used_at)) > seen[0]


def test_the_first_key_is_made_once_by_many_starters(database: Database) -> None:
    def start(_: int) -> str | None:
        with database.begin() as session:
            return keys.ensure_first_key(session)

    with ThreadPoolExecutor(4) as starters:
        secrets = [secret for secret in starters.map(start, range(8)) if secret is not None]
    assert len(secrets) == 1
    with database.begin() as session:
        key = keys.authenticate(session, secrets[0])
        assert key is not None
        assert (key.tenant, key.scopes) == ("default", ["admin"])
