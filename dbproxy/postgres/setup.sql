-- The roles of a database and what only a superuser may set. `./continuum up` applies it through the socket in
-- Postgres' container; it may be repeated, and it takes an older installation over.
\set ON_ERROR_STOP on
\getenv dbproxy_password DBPROXY_POSTGRES_PASSWORD
\getenv reader_password READER_PASSWORD
\getenv reader_seconds READER_SECONDS
\set reader_seconds :reader_seconds s
SET client_min_messages = warning;
-- The statements with passwords stay out of the server's log, also when they fail.
SET log_statement = none;
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;

-- Without a password the superuser can't sign in over the network.
ALTER ROLE CURRENT_USER PASSWORD NULL;

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['dbproxy', 'reader']) name
WHERE name NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE dbproxy LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'dbproxy_password';

-- The role for people's SQL clients. It may change the timeouts for itself: dbproxy/readers.py ends what takes longer.
ALTER ROLE reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20
    PASSWORD :'reader_password';
ALTER ROLE reader RESET ALL;
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = :'reader_seconds';
ALTER ROLE reader SET idle_in_transaction_session_timeout = :'reader_seconds';
ALTER ROLE reader SET lock_timeout = '5s';
ALTER ROLE reader SET temp_file_limit = '1GB';
-- So that dbproxy sees the statements of reader and may end them.
GRANT reader TO dbproxy WITH INHERIT TRUE, SET FALSE;

-- Nobody but these two gets in, and nobody makes temporary tables.
REVOKE ALL ON DATABASE :"DBNAME", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO dbproxy, reader;

-- Functions that anybody may call by default, although they lock, wake or write: dbproxy needs the first two kinds.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace
  AND (proname ~ '^pg_(try_)?advisory_' OR proname IN ('pg_notify', 'pg_logical_emit_message', 'lo_creat', 'lo_create',
       'lo_from_bytea', 'lo_open', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite')) \gexec
SELECT format('GRANT EXECUTE ON FUNCTION %s TO dbproxy', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname ~ '^pg_(try_)?advisory_' OR proname = 'pg_notify') \gexec

-- An older installation has everything from the superuser. Its sessions end first, since each change needs a table
-- for itself; they can't come back without a password.
SELECT count(*) > 0 AS older FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner <> 'dbproxy'::regrole \gset
\if :older
SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() \gset
\endif
ALTER SCHEMA public OWNER TO dbproxy;
SELECT format('ALTER %s %s OWNER TO dbproxy', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
  AND relowner <> 'dbproxy'::regrole ORDER BY relkind, oid \gexec
