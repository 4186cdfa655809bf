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
    seq       INTEGER PRIMARY KEY AUTOINCREMENT, -- never starts again, not even when all rows are trimmed
    era       BIGINT NOT NULL,
    tx        BIGINT NOT NULL,          -- always 0: one writer at a time, so seq alone is the order
    kind      TEXT NOT NULL,
    entity_id BIGINT NOT NULL,
    last_id   BIGINT NOT NULL,          -- entity_id, or the last id of a range
    version   BIGINT NOT NULL,
    op        TEXT NOT NULL,
    node      TEXT NOT NULL,
    uid       TEXT NOT NULL,            -- random: tells this row from another one at the same place
    at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX change_order ON change (era, tx, seq);

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
