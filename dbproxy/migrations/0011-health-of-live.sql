-- depends: 0010-leases
-- How the container of a live deployment was seen last: null until it was looked at.
ALTER TABLE deployments
    ADD COLUMN health         text CHECK (health IN ('healthy', 'down')),
    ADD COLUMN health_reason  text NOT NULL DEFAULT '',
    ADD COLUMN health_since   timestamptz;
