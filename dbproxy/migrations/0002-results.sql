-- depends: 0001-repos-and-runs
CREATE TABLE scans (
    run      bigint PRIMARY KEY REFERENCES runs,
    attempt  integer NOT NULL,
    digest   text NOT NULL,
    counts   jsonb NOT NULL,          -- severity -> findings, waived ones not counted
    gone     jsonb NOT NULL DEFAULT '[]',
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scans_of_digest ON scans (digest, at DESC);

CREATE TABLE findings (
    run              bigint NOT NULL REFERENCES scans ON DELETE CASCADE,
    number           integer NOT NULL,
    vulnerability    text NOT NULL,
    package          text NOT NULL,
    version          text NOT NULL,
    type             text NOT NULL,
    severity         text NOT NULL
                     CHECK (severity IN ('critical', 'high', 'medium', 'low', 'negligible', 'unknown')),
    fixed_in         text,
    state_of_fix     text,
    path             text,
    url              text,
    description      text,
    risk             double precision,
    epss             double precision,
    known_exploited  boolean NOT NULL DEFAULT false,
    waived           boolean NOT NULL DEFAULT false,
    waiver_reason    text,
    change           text CHECK (change IN ('new', 'known')),
    PRIMARY KEY (run, number)
);

CREATE TABLE test_reports (
    run       bigint PRIMARY KEY REFERENCES runs,
    attempt   integer NOT NULL,
    declared  boolean NOT NULL,
    notice    text,
    at        timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE test_cases (
    run       bigint NOT NULL REFERENCES test_reports ON DELETE CASCADE,
    number    integer NOT NULL,
    suite     text NOT NULL,
    name      text NOT NULL,
    state     text NOT NULL CHECK (state IN ('success', 'failure', 'error', 'skipped')),
    seconds   double precision,
    message   text,
    detail    text,
    file      text,
    line      integer,
    log_line  integer,
    PRIMARY KEY (run, number)
);

CREATE TABLE documents (
    digest        text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('sbom', 'grype', 'sarif', 'cyclonedx', 'junit')),
    run           bigint NOT NULL DEFAULT 0,          -- 0: belongs to the image alone
    content_type  text NOT NULL,
    size          bigint NOT NULL,                    -- bytes before compression
    body          bytea NOT NULL,                     -- gzip
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (digest, kind, run)
);
ALTER TABLE documents ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE waivers (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo           bigint NOT NULL REFERENCES repos,
    vulnerability  text NOT NULL,
    package        text,
    reason         text NOT NULL,
    until          date NOT NULL,
    actor          text NOT NULL,
    created        timestamptz NOT NULL DEFAULT now(),
    removed        timestamptz,
    removed_by     text
);
CREATE UNIQUE INDEX waivers_in_force ON waivers (repo, vulnerability, coalesce(package, '')) WHERE removed IS NULL;

CREATE TABLE secrets (
    repo    bigint NOT NULL REFERENCES repos,
    name    text NOT NULL,
    use     text[] NOT NULL,
    sealed  jsonb NOT NULL,           -- service -> base64 of the sealed value
    set_by  text NOT NULL,
    set_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repo, name)
);
