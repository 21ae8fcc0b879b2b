-- depends: 0009-indexes
-- What one of several instances does for all of them: whoever holds the name, on the database's clock.
CREATE TABLE leases (
    name         text PRIMARY KEY,
    owner        text NOT NULL,
    lease_until  timestamptz NOT NULL
);
GRANT SELECT ON leases TO reader;
