CREATE TABLE IF NOT EXISTS instructions (
    id TEXT PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    order_number TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'partially_shipped', 'shipped', 'cancelled')),
    body TEXT NOT NULL, -- the request as JSON with sorted keys: what "the same body" compares
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS instructions_by_order ON instructions (order_number);

CREATE TABLE IF NOT EXISTS lines (
    instruction_id TEXT NOT NULL REFERENCES instructions (id),
    position INTEGER NOT NULL,
    line_reference TEXT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 1),
    shipped INTEGER NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity),
    PRIMARY KEY (instruction_id, line_reference)
);

CREATE TABLE IF NOT EXISTS shipments (
    id TEXT PRIMARY KEY,
    instruction_id TEXT NOT NULL REFERENCES instructions (id),
    carrier TEXT NOT NULL,
    tracking_number TEXT NOT NULL UNIQUE,
    shipped_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS shipments_by_instruction ON shipments (instruction_id);

CREATE TABLE IF NOT EXISTS shipment_lines (
    shipment_id TEXT NOT NULL REFERENCES shipments (id),
    line_reference TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (shipment_id, line_reference)
);

-- Every time a reference came in, also when it was refused or was there already.
CREATE TABLE IF NOT EXISTS receipts (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    outcome TEXT NOT NULL,
    received_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS receipts_by_reference ON receipts (reference);

CREATE TABLE IF NOT EXISTS out_of_stock (sku TEXT PRIMARY KEY);

CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    instruction_id TEXT NOT NULL REFERENCES instructions (id),
    created_at TEXT NOT NULL,
    delivered_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL -- seconds since the epoch; NULL once nothing more is to be sent
);
CREATE INDEX IF NOT EXISTS events_due ON events (due);

CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (id),
    sent_at TEXT NOT NULL,
    status INTEGER, -- NULL where no answer came
    outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event_id);
