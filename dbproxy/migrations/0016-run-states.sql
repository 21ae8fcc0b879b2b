-- depends: 0012-ref-updates
-- A claimed run is running only while a job of it runs; what tells the run under way of a repo is its lease.
UPDATE runs SET lease_until = now() WHERE state = 'running' AND lease_until IS NULL;
DROP INDEX runs_one_running_a_repo;
CREATE UNIQUE INDEX runs_one_under_way_a_repo ON runs (repo)
    WHERE lease_until IS NOT NULL AND state IN ('pending', 'running');
