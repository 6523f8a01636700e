CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL, -- JSON list: the envelope, Bcc included
    recipients TEXT NOT NULL, -- the same in small letters, one to a line, for searching
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    headers TEXT NOT NULL, -- JSON list of [name, decoded value]
    attachments TEXT NOT NULL, -- JSON list of {filename, content_type, size}
    raw BLOB NOT NULL,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_message_id ON messages (message_id);

-- Outlives the message itself: a mail that flew twice must show even when the box was emptied in between.
CREATE TABLE IF NOT EXISTS arrivals (
    message_id TEXT PRIMARY KEY,
    times INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS arrivals_by_age ON arrivals (last_at);
