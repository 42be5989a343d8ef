-- migrate:up

-- The charges of the sandbox, which plays a company of its own: nothing else refers to them.
CREATE TABLE sandbox_charges (
    payment_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1,
    charge jsonb NOT NULL CHECK (jsonb_typeof(charge) = 'object')
) WITH (fillfactor = 70);

-- The short codes that people write with their transfers. A code stays with its payment for longer than
-- any transfer takes; then another payment may have it.
CREATE TABLE sinpe_codes (
    code text PRIMARY KEY CHECK (code <> ''),
    payment_id uuid NOT NULL UNIQUE,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate:down

DROP TABLE sinpe_codes;
DROP TABLE sandbox_charges;
