-- depends: 0003-people
-- One row holds one message: the lines first_seq … last_seq of a job. Partitioned by the day on which the run was
-- made, not by the time of arrival: a message sent again days later then meets its first copy in the same partition,
-- so the primary key makes the write idempotent, and a day that is past its retention is one DROP.
-- Lines of runs that the database does not know go to 1970-01-01, which the default partition takes.
CREATE TABLE log_messages (
    day        date NOT NULL,
    run        bigint NOT NULL,
    stage      text NOT NULL,
    attempt    integer NOT NULL,
    first_seq  integer NOT NULL,
    last_seq   integer NOT NULL,
    at_first   bigint NOT NULL,                          -- ms since 1970 of the first line
    offsets    integer[] COMPRESSION lz4,                -- ms after at_first; null: all 0
    steps      smallint[] COMPRESSION lz4,               -- null: all 0
    lines      text[] COMPRESSION lz4 NOT NULL,
    parts      integer[] COMPRESSION lz4,                -- indexes of lines that continue the one before; null: none
    PRIMARY KEY (run, stage, attempt, first_seq, day) INCLUDE (last_seq)
) PARTITION BY RANGE (day);
CREATE TABLE log_messages_default PARTITION OF log_messages DEFAULT;

CREATE VIEW log_lines AS
SELECT m.run, m.stage, m.attempt, (m.first_seq + l.number - 1)::integer AS seq,
       to_timestamp((m.at_first + coalesce(l.after, 0)) / 1000.0) AS at,
       coalesce(l.step, 0::smallint) AS step, l.line,
       coalesce((l.number - 1)::integer = ANY (m.parts), false) AS continued
FROM log_messages m
CROSS JOIN LATERAL unnest(m.lines, m.offsets, m.steps) WITH ORDINALITY AS l (line, after, step, number);
