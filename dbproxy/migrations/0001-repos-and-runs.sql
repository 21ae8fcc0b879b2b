CREATE TABLE repos (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forge           text NOT NULL,
    owner           text NOT NULL,
    name            text NOT NULL,
    app             text NOT NULL UNIQUE CHECK (app ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    default_branch  text NOT NULL,
    private         boolean NOT NULL,
    description     text NOT NULL DEFAULT '',
    url             text NOT NULL DEFAULT '',
    external_id     text,
    settings        jsonb NOT NULL DEFAULT '{}',
    last_heads      jsonb NOT NULL DEFAULT '{}',
    created         timestamptz NOT NULL DEFAULT now()
);
-- forges compare names without regard to case
CREATE UNIQUE INDEX repos_path ON repos (forge, lower(owner), lower(name));

CREATE TABLE runs (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo             bigint NOT NULL REFERENCES repos,
    kind             text NOT NULL CHECK (kind IN ('full', 'build', 'scan', 'deploy', 'test', 'rollback')),
    ref              text NOT NULL,
    commit           text NOT NULL,
    event            text NOT NULL,
    actor            text NOT NULL,
    message          text NOT NULL DEFAULT '',
    author           text NOT NULL DEFAULT '',
    key              text,
    inputs           jsonb NOT NULL DEFAULT '{}',
    state            text NOT NULL DEFAULT 'pending'
                     CHECK (state IN ('pending', 'running', 'success', 'failure', 'error', 'canceled', 'skipped')),
    reason           text NOT NULL,
    config           jsonb,
    outputs          jsonb NOT NULL DEFAULT '{}',
    cancel_requested boolean NOT NULL DEFAULT false,
    canceled_by      text,
    retries          integer NOT NULL DEFAULT 0,
    retried_by       text,
    retried          timestamptz,
    owner            text,
    fence            bigint NOT NULL DEFAULT 0,
    lease_until      timestamptz,
    created          timestamptz NOT NULL DEFAULT now(),
    started          timestamptz,
    ended            timestamptz,
    -- fixed at birth: it chooses the partition of the run's log, whenever a line arrives
    day              date NOT NULL DEFAULT (now() AT TIME ZONE 'utc')::date
);
CREATE UNIQUE INDEX runs_key ON runs (repo, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX runs_one_running_a_repo ON runs (repo) WHERE state = 'running';
CREATE INDEX runs_waiting ON runs (id) WHERE state IN ('pending', 'running');
CREATE INDEX runs_of_repo ON runs (repo, id DESC);
CREATE INDEX runs_of_day ON runs (day);

CREATE TABLE jobs (
    run       bigint NOT NULL REFERENCES runs,
    stage     text NOT NULL CHECK (stage ~ '^[a-z]{1,20}$'),
    attempt   integer NOT NULL CHECK (attempt > 0),
    state     text NOT NULL
              CHECK (state IN ('pending', 'running', 'success', 'failure', 'error', 'canceled', 'skipped')),
    reason    text NOT NULL DEFAULT '',
    worker    text,
    inputs    jsonb,                 -- holds sealed values: not for the reader role
    outputs   jsonb NOT NULL DEFAULT '{}',
    steps     jsonb NOT NULL DEFAULT '[]',
    progress  jsonb,
    lines     integer,
    created   timestamptz NOT NULL DEFAULT now(),
    started   timestamptz,
    ended     timestamptz,
    over      timestamptz,           -- when we were told that it is over
    packed    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run, stage, attempt)
);
CREATE INDEX jobs_newest ON jobs (stage, run DESC) WHERE state = 'success';
CREATE INDEX jobs_to_pack ON jobs (over) WHERE over IS NOT NULL AND NOT packed;

CREATE TABLE deployments (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo         bigint NOT NULL REFERENCES repos,
    run          bigint NOT NULL UNIQUE REFERENCES runs,
    environment  text NOT NULL,
    digest       text NOT NULL,
    repository   text NOT NULL,
    commit       text NOT NULL,
    actor        text NOT NULL,
    state        text NOT NULL DEFAULT 'candidate'
                 CHECK (state IN ('candidate', 'live', 'kept', 'stopped', 'failed', 'removed')),
    reason       text NOT NULL DEFAULT '',
    container    text,
    host         text,
    port         integer,
    url          text,
    created      timestamptz NOT NULL DEFAULT now(),
    live_since   timestamptz,
    ended        timestamptz
);
CREATE UNIQUE INDEX deployments_one_live ON deployments (repo, environment) WHERE state = 'live';
CREATE INDEX deployments_of_repo ON deployments (repo, id DESC);
CREATE INDEX deployments_by_state ON deployments (state, id DESC);

-- What changed, for those who wait; written in the transaction of the change. Ids are taken under one advisory
-- lock that is held to the commit, so they become visible in their order and no reader can skip one.
CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    repo        bigint,
    run         bigint,
    job         text,
    deployment  bigint,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX events_at ON events (at);
