-- depends: 0004-log
-- The role for people's SQL clients; its password is set at each start. It sees neither password hashes, sessions,
-- hashes of tokens nor sealed values.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
        CREATE ROLE reader NOLOGIN;
    END IF;
END
$$;
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = '60s';
ALTER ROLE reader SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE reader CONNECTION LIMIT 20;
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
