CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value REAL NOT NULL);

CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    payment_intent TEXT,
    charge TEXT,
    email TEXT,
    status TEXT,
    type TEXT,
    body TEXT NOT NULL,
    private TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, number);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (kind, customer);
CREATE INDEX IF NOT EXISTS objects_by_payment_intent ON objects (kind, payment_intent);
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (kind, charge);
CREATE INDEX IF NOT EXISTS objects_by_email ON objects (kind, email);
CREATE INDEX IF NOT EXISTS objects_by_status ON objects (kind, status);

-- The last fence against a second charge: one intent has at most one charge that succeeded.
CREATE UNIQUE INDEX IF NOT EXISTS one_success_per_intent ON objects (payment_intent)
    WHERE kind = 'charge' AND status = 'succeeded';

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    claimed_at REAL NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER,  -- NULL while the request is being executed
    body TEXT
);

CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'abandoned')),
    first_due_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_result TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);

CREATE TABLE IF NOT EXISTS faults (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    method TEXT,
    path TEXT NOT NULL,
    event_type TEXT NOT NULL,
    seconds REAL NOT NULL,
    after_work INTEGER NOT NULL,
    left INTEGER,  -- NULL: until cleared
    used INTEGER NOT NULL DEFAULT 0
);
