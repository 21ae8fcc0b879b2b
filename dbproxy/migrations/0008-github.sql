-- depends: 0006-seen-and-changed
-- A forge's own number says which account or repository it is; names are handed on to others.
CREATE UNIQUE INDEX accounts_external ON accounts (forge, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX repos_external ON repos (forge, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE forge_apps (
    forge      text PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('oauth', 'app')),
    client_id  text NOT NULL,
    app_id     text,
    slug       text,
    html_url   text,
    sealed     jsonb NOT NULL,        -- service -> base64 of the sealed JSON: not for the reader role
    changed    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE forge_tokens (
    account    bigint PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sealed     text NOT NULL,         -- to orchestrator: not for the reader role
    scopes     text[] NOT NULL DEFAULT '{}',
    changed    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forge        text NOT NULL,
    guid         text NOT NULL,
    event        text NOT NULL,
    action       text,
    repo         bigint REFERENCES repos,
    repo_path    text,
    payload      jsonb NOT NULL DEFAULT '{}',
    state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'working', 'done', 'failed')),
    outcome      text NOT NULL DEFAULT '',
    run          bigint REFERENCES runs,
    attempts     integer NOT NULL DEFAULT 0,
    owner        text,
    lease_until  timestamptz,
    not_before   timestamptz,         -- queued again, because its forge was away
    received     timestamptz NOT NULL DEFAULT now(),
    ended        timestamptz,
    -- one at a time of each, in their order
    line         text GENERATED ALWAYS AS (coalesce(repo::text, lower(repo_path), 'alone ' || guid)) STORED
);
-- with the repo, so that whoever knows one hook's secret cannot use up the ids of another's deliveries
CREATE UNIQUE INDEX deliveries_guid ON deliveries (forge, guid, coalesce(repo, 0));
CREATE INDEX deliveries_open ON deliveries (forge, line, id) WHERE state IN ('queued', 'working');
CREATE INDEX deliveries_of_repo ON deliveries (repo, id DESC);
CREATE INDEX deliveries_received ON deliveries (received);

CREATE TABLE pulls (
    repo          bigint NOT NULL REFERENCES repos,
    number        integer NOT NULL CHECK (number > 0),
    title         text NOT NULL,
    author        text NOT NULL,
    author_id     text NOT NULL,
    head_commit   text NOT NULL,
    head_ref      text NOT NULL,
    head_repo_id  text,               -- null: the fork was deleted
    base_ref      text NOT NULL,
    fork          boolean NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'closed')),
    comment       text,               -- of ours, at the forge
    created       timestamptz NOT NULL DEFAULT now(),
    changed       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repo, number)
);
CREATE TABLE pull_approvals (
    repo    bigint NOT NULL,
    number  integer NOT NULL,
    commit  text NOT NULL,
    actor   text NOT NULL,
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repo, number, commit),
    FOREIGN KEY (repo, number) REFERENCES pulls ON DELETE CASCADE
);

GRANT SELECT ON deliveries, pulls, pull_approvals TO reader;
GRANT SELECT (forge, kind, client_id, app_id, slug, html_url, changed) ON forge_apps TO reader;
GRANT SELECT (account, scopes, changed) ON forge_tokens TO reader;
