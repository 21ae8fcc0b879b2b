-- depends: 0006-seen-and-changed
-- A one-time link for somebody who has no account yet. Kept by the SHA-256 of its secret: what is stored opens nothing.
CREATE TABLE invitations (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash     text NOT NULL UNIQUE,
    login    text,                     -- null: the invited chooses
    role     text NOT NULL CHECK (role IN ('owner', 'user')),
    by       text NOT NULL,
    created  timestamptz NOT NULL DEFAULT now(),
    ends     timestamptz NOT NULL,
    used     timestamptz,
    account  bigint REFERENCES accounts
);
GRANT SELECT (id, login, role, by, created, ends, used, account) ON invitations TO reader;

-- Repositories that somebody removed here while their folder is still at the forge: finding them again adds nothing.
CREATE TABLE removed_repos (
    forge  text NOT NULL,
    owner  text NOT NULL,              -- lower case, as is name
    name   text NOT NULL,
    by     text NOT NULL,
    at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (forge, owner, name)
);
GRANT SELECT ON removed_repos TO reader;

-- How many runs of one person wait is asked at each start.
CREATE INDEX runs_waiting_of_actor ON runs (actor) WHERE state = 'pending';
