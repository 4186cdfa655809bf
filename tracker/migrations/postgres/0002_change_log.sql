-- The one ordered log of committed changes. See ARCHITECTURE.md, "Change log".

-- The stretch of the log that is written now, and the database it was begun on.
CREATE TABLE era (
    id                  SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    era                 BIGINT NOT NULL,
    database_identifier TEXT NOT NULL,
    timeline            BIGINT NOT NULL,
    raised_at           BIGINT NOT NULL
);

CREATE TABLE change (
    seq       BIGINT GENERATED ALWAYS AS IDENTITY,
    era       BIGINT NOT NULL,
    tx        BIGINT NOT NULL,          -- pg_current_xact_id() of the writer
    kind      TEXT NOT NULL,
    entity_id BIGINT NOT NULL,
    last_id   BIGINT NOT NULL,          -- entity_id, or the last id of a range
    version   BIGINT NOT NULL,
    op        TEXT NOT NULL,
    node      TEXT NOT NULL,
    uid       TEXT NOT NULL,            -- random: tells this row from another one at the same place
    at        BIGINT NOT NULL,
    PRIMARY KEY (era, tx, seq)
);
-- Rows come in order and leave in order, so the table needs no free space, but it must not collect dead rows.
ALTER TABLE change SET (autovacuum_vacuum_scale_factor = 0.05);

-- All rows at or below this place may have been deleted.
CREATE TABLE trim_point (
    id         SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    era        BIGINT NOT NULL,
    tx         BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    uid        TEXT NOT NULL,
    trimmed_at BIGINT NOT NULL
);
INSERT INTO trim_point (id, era, tx, seq, uid, trimmed_at) VALUES (1, 0, 0, 0, '', 0);
UPDATE schema_state SET number = 2;
