-- depends: 0004-log
-- What the role for people's SQL clients may read: neither password hashes, sessions, hashes of tokens nor sealed
-- values. dbproxy/postgres/setup.sql makes the role.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON repos, runs, deployments, events, scans, findings, test_reports, test_cases, documents, waivers,
    members, audit, log_messages, log_lines TO reader;
GRANT SELECT (run, stage, attempt, state, reason, worker, outputs, steps, progress, lines, created, started, ended)
    ON jobs TO reader;
GRANT SELECT (repo, name, use, set_by, set_at) ON secrets TO reader;
GRANT SELECT (id, forge, login, name, role, external_id, avatar_url, disabled, created, last_sign_in)
    ON accounts TO reader;
GRANT SELECT (id, account, name, scope, ends, created, last_used) ON tokens TO reader;
