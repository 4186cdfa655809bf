CREATE TABLE comment (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id         BIGINT NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    author_id        BIGINT NOT NULL REFERENCES account (id),
    update_author_id BIGINT NOT NULL REFERENCES account (id),
    body             TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);
CREATE INDEX comment_of_issue ON comment (issue_id, id);

-- The bytes lie in the shared home, under this path.
CREATE TABLE attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id   BIGINT NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
    author_id  BIGINT NOT NULL REFERENCES account (id),
    filename   TEXT NOT NULL,
    mime_type  TEXT NOT NULL,
    size       BIGINT NOT NULL,
    hash       TEXT NOT NULL,
    path       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT "attachment.path" UNIQUE (path)
);
CREATE INDEX attachment_of_issue ON attachment (issue_id, id);
UPDATE schema_state SET number = 5;
