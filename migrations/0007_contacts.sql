-- migrate:up

-- How people can be reached, as they said it last. What guests came in with stays in `guests`, and is
-- where they start from. The checks are wider than those at the door: a refusal here would be logged
-- with the row.
CREATE TABLE contacts (
    user_id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    phone text NOT NULL CHECK (char_length(phone) BETWEEN 1 AND 40),
    email text CHECK (char_length(email) BETWEEN 1 AND 320),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- migrate:down

DROP TABLE contacts;
