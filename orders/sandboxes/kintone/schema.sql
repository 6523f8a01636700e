CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    content TEXT NOT NULL, -- JSON: field code to value
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- The fence behind "no duplicates": one record for each value of a unique field.
CREATE TABLE IF NOT EXISTS unique_values (
    app TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    record_id INTEGER NOT NULL REFERENCES records (id),
    PRIMARY KEY (app, field, value)
);

-- What each request did, for counting.
CREATE TABLE IF NOT EXISTS operations (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL,
    record_id INTEGER NOT NULL REFERENCES records (id),
    update_key TEXT NOT NULL, -- the value that named the record; its id where it was named by id
    operation TEXT NOT NULL CHECK (operation IN ('INSERT', 'UPDATE')),
    revision INTEGER NOT NULL,
    done_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS operations_by_key ON operations (app, update_key);
