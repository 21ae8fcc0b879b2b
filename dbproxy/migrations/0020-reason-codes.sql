-- depends: 0018-reports
-- The code and the parameters of a reason, beside its sentence (common/wire/reasons.py). What ended before has the code
-- that its page needs: whether the sentence says more than the state, and which stage decided.
ALTER TABLE jobs ADD COLUMN code text NOT NULL DEFAULT '', ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN code text NOT NULL DEFAULT '', ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
UPDATE jobs SET code = reason WHERE reason = state OR reason = 'done';
UPDATE runs SET code = runs.state, params = jsonb_build_object('stage', jobs.stage)
    FROM jobs WHERE jobs.run = runs.id AND jobs.state = runs.state AND starts_with(runs.reason, jobs.stage || ': ');
GRANT SELECT (code, params) ON jobs TO reader;
