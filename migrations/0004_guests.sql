-- migrate:up

-- What people without an account have told us about themselves.
CREATE TABLE guests (
    user_id uuid PRIMARY KEY,
    name text CHECK (char_length(name) BETWEEN 1 AND 200),
    phone text CHECK (char_length(phone) BETWEEN 1 AND 40),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate:down

DROP TABLE guests;
