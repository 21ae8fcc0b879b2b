-- depends: 0010-leases
-- What became of each change of a branch, a tag or a pull request's head, in words for people.
CREATE TABLE ref_updates (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo     bigint NOT NULL REFERENCES repos,
    key      text NOT NULL,           -- of the change: the same one told twice is one row
    ref      text NOT NULL,           -- full name: refs/heads/main
    before   text,                    -- commit; null: the ref is new
    after    text,                    -- commit; null: the ref was deleted
    actor    text,
    outcome  text NOT NULL,
    run      bigint REFERENCES runs,  -- that it started; null: none, and `outcome` says why
    at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (repo, key)
);
CREATE INDEX ref_updates_of_repo ON ref_updates (repo, id DESC);
GRANT SELECT ON ref_updates TO reader;
