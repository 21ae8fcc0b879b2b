-- depends: 0016-run-states
-- What a forge must hear of our runs, written with the change that causes it and kept with its outcome.
CREATE TABLE reports (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    repo         bigint NOT NULL REFERENCES repos,
    run          bigint NOT NULL REFERENCES runs,
    channel      text NOT NULL,
    line         text NOT NULL,          -- of one line of a repository one report is sent at a time, in their order
    place        text NOT NULL,          -- where it is shown; a later report replaces one that waits for the same place
    about        jsonb NOT NULL,         -- {stage, state, reason}
    state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'working', 'done', 'failed')),
    outcome      text NOT NULL DEFAULT '',
    known        text,                   -- the id that the forge gave to what is shown there
    attempts     integer NOT NULL DEFAULT 0,      -- also the fence: it rises with each claim
    owner        text,
    lease_until  timestamptz,
    not_before   timestamptz,
    created      timestamptz NOT NULL DEFAULT now(),
    ended        timestamptz
);
CREATE INDEX reports_open ON reports (repo, line, id) WHERE state IN ('queued', 'working');
CREATE INDEX reports_place ON reports (repo, place, id);
CREATE INDEX reports_ended ON reports (ended) WHERE ended IS NOT NULL;
GRANT SELECT ON reports TO reader;
