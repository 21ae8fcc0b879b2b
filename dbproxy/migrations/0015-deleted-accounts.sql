-- depends: 0012-ref-updates
-- A deleted account keeps its row: its name is never given to somebody else, so what it made stays told apart.
ALTER TABLE accounts ADD COLUMN deleted timestamptz;
GRANT SELECT (deleted) ON accounts TO reader;
