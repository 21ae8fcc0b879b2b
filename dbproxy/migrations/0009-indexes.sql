-- depends: 0006-seen-and-changed
-- With 10,000 runs the page of a repository filters by state and counts by day; what is counted lies in the index.
CREATE INDEX runs_of_repo_state ON runs (repo, state, id DESC);
CREATE INDEX runs_of_repo_day ON runs (repo, day) INCLUDE (state, started, ended);
