-- depends: 0005-reader
ALTER TABLE accounts RENAME COLUMN last_sign_in TO seen;
ALTER TABLE sessions RENAME COLUMN last_seen TO seen;
ALTER TABLE tokens RENAME COLUMN last_used TO used;
ALTER TABLE deployments ADD COLUMN changed timestamptz NOT NULL DEFAULT now();
