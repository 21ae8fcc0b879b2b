-- depends: 0012-ref-updates
-- What owners set of the limits: for the installation (repo is null), and for single repositories.
CREATE TABLE limits (
    repo     bigint REFERENCES repos ON DELETE CASCADE,
    name     text NOT NULL,           -- memory, cpus, pids, timeout, keep, disk, fail_on, waiver_days
    value    jsonb NOT NULL,          -- bytes, CPUs, processes, seconds, versions, bytes, a severity or never, days
    set_by   text NOT NULL,
    set_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (repo, name)
);
GRANT SELECT ON limits TO reader;
