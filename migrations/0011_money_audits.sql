-- migrate:up

-- What the latest audit of the money has found. One row: whoever is first to move asked_at audits.
CREATE TABLE money_audits (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    asked_at timestamptz NOT NULL DEFAULT '-infinity',
    answered_at timestamptz,
    clean_at timestamptz,
    findings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(findings) = 'object')
);
INSERT INTO money_audits DEFAULT VALUES;

-- migrate:down

DROP TABLE money_audits;
