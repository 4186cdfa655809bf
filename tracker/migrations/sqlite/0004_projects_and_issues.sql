CREATE TABLE project (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL,
    name        TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    lead_id     BIGINT NOT NULL REFERENCES account (id),
    type_key    TEXT NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    CONSTRAINT "project.key" UNIQUE (key),
    CONSTRAINT "project.name_folded" UNIQUE (name_folded)
);

-- The counter is updated in the transaction that creates the issue: numbers are consecutive, and a rollback leaves no gap.
CREATE TABLE issue_counter (
    project_id  BIGINT NOT NULL PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
    last_number BIGINT NOT NULL
);

CREATE TABLE issue_type (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    subtask     SMALLINT NOT NULL
);
INSERT INTO issue_type (id, name, description, subtask) VALUES
    (1, 'Bug', 'A problem which impairs or prevents the functions of the product.', 0),
    (2, 'New Feature', 'A new feature of the product, which has yet to be developed.', 0),
    (3, 'Task', 'A task that needs to be done.', 0),
    (4, 'Improvement', 'An improvement or enhancement to an existing feature or task.', 0),
    (5, 'Sub-task', 'The sub-task of the issue', 1),
    (6, 'Epic', 'A big user story that needs to be broken down.', 0),
    (7, 'Story', 'A piece of work described from the user''s point of view.', 0);

CREATE TABLE status (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    category    BIGINT NOT NULL         -- 1 none, 2 to do, 3 done, 4 in progress
);
INSERT INTO status (id, name, description, category) VALUES
    (1, 'To Do', 'Work that has not begun.', 2),
    (2, 'In Progress', 'Someone is working on it.', 4),
    (3, 'Done', 'The work is finished.', 3);

CREATE TABLE priority (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    rank        BIGINT NOT NULL,        -- 1 is the most urgent
    color       TEXT NOT NULL
);
INSERT INTO priority (id, name, description, rank, color) VALUES
    (1, 'Highest', 'This problem will block progress.', 1, '#d04437'),
    (2, 'High', 'Serious problem that could block progress.', 2, '#f15c75'),
    (3, 'Medium', 'Has the potential to affect progress.', 3, '#f79232'),
    (4, 'Low', 'Minor problem or easily worked around.', 4, '#707070'),
    (5, 'Lowest', 'Trivial problem with little or no impact on progress.', 5, '#999999');

CREATE TABLE issue (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  BIGINT NOT NULL REFERENCES project (id),
    number      BIGINT NOT NULL,
    type_id     BIGINT NOT NULL REFERENCES issue_type (id),
    status_id   BIGINT NOT NULL REFERENCES status (id),
    priority_id BIGINT NOT NULL REFERENCES priority (id),
    summary     TEXT NOT NULL,
    description TEXT,
    assignee_id BIGINT REFERENCES account (id),
    reporter_id BIGINT REFERENCES account (id),
    creator_id  BIGINT NOT NULL REFERENCES account (id),
    labels      TEXT NOT NULL,          -- JSON array of text, sorted
    version     BIGINT NOT NULL,
    rev         BIGINT NOT NULL,        -- random per change
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    CONSTRAINT "issue.project_id, issue.number" UNIQUE (project_id, number)
);
-- The out-of-the-box rows took their ids themselves; what is added later begins well above.
UPDATE sqlite_sequence SET seq = 9999 WHERE name IN ('issue_type', 'status', 'priority');
UPDATE schema_state SET number = 4;
