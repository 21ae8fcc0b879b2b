-- depends: 0002-results
CREATE TABLE accounts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forge          text NOT NULL,
    login          text NOT NULL,
    name           text NOT NULL DEFAULT '',
    role           text NOT NULL DEFAULT 'user' CHECK (role IN ('owner', 'user')),
    external_id    text,
    avatar_url     text,
    disabled       boolean NOT NULL DEFAULT false,
    password_hash  text,              -- argon2id; null: signs in at its forge
    created        timestamptz NOT NULL DEFAULT now(),
    last_sign_in   timestamptz
);
CREATE UNIQUE INDEX accounts_login ON accounts (forge, lower(login));

CREATE TABLE sign_in_attempts (
    forge          text NOT NULL,
    login          text NOT NULL,
    ip             text NOT NULL,
    failures       integer NOT NULL,
    blocked_until  timestamptz NOT NULL,
    PRIMARY KEY (forge, login, ip)
);

CREATE TABLE members (
    repo     bigint NOT NULL REFERENCES repos,
    account  bigint NOT NULL REFERENCES accounts,
    "right"  text NOT NULL CHECK ("right" IN ('read', 'write', 'admin')),
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repo, account)
);
CREATE INDEX members_of_account ON members (account);

CREATE TABLE sessions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account      bigint NOT NULL REFERENCES accounts,
    secret_hash  text NOT NULL UNIQUE,        -- SHA-256, hex
    device       text NOT NULL,
    ip           text NOT NULL,
    created      timestamptz NOT NULL DEFAULT now(),
    last_seen    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE tokens (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account    bigint NOT NULL REFERENCES accounts,
    name       text NOT NULL,
    scope      text NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    hash       text NOT NULL UNIQUE,          -- SHA-256, hex
    ends       timestamptz,
    created    timestamptz NOT NULL DEFAULT now(),
    last_used  timestamptz
);
CREATE INDEX tokens_of_account ON tokens (account);

CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text NOT NULL,
    action  text NOT NULL,
    object  text NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}',
    ip      text,
    key     text UNIQUE
);
CREATE INDEX audit_of_actor ON audit (actor, id DESC);
CREATE INDEX audit_of_action ON audit (action, id DESC);
