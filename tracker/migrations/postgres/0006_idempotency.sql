-- Answers of creating requests, so that a repeated request gets the first one's answer.
CREATE TABLE idempotency (
    account_id  BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,          -- hash of the request: the same key with another request is refused
    status      BIGINT NOT NULL,
    body        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    CONSTRAINT "idempotency.account_id, idempotency.key" PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
UPDATE schema_state SET number = 6;
