-- What a starting tracker checks before it uses the database.
CREATE TABLE schema_state (
    id             SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number         BIGINT NOT NULL,     -- last migration that ran
    lowest_tracker TEXT NOT NULL        -- oldest tracker version that may work on this schema
);
INSERT INTO schema_state (id, number, lowest_tracker) VALUES (1, 1, '0.1.0');
