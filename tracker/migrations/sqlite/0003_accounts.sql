-- People. Names are compared through a folded copy that the tracker computes, because the databases fold differently.
CREATE TABLE account (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    key            TEXT NOT NULL,
    name           TEXT NOT NULL,
    name_folded    TEXT NOT NULL,
    email          TEXT NOT NULL,
    email_folded   TEXT NOT NULL,
    display_name   TEXT NOT NULL,
    display_folded TEXT NOT NULL,
    password_hash  TEXT NOT NULL,
    active         SMALLINT NOT NULL,
    admin          SMALLINT NOT NULL,
    time_zone      TEXT NOT NULL,
    version        BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    CONSTRAINT "account.key" UNIQUE (key),
    CONSTRAINT "account.name_folded" UNIQUE (name_folded)
);
UPDATE schema_state SET number = 3;
