-- migrate:up

-- The payments of a raffle whose money has come, newest first; and those of a number that were given
-- back or refused, which its claim knows nothing of any more. Who has a number now is known by the claim.
CREATE INDEX payments_received ON payments (raffle_id, created_at, id)
    WHERE captured > 0 OR applied = 'sold';
CREATE INDEX payments_gone_back ON payments USING gin (numbers)
    WHERE applied = 'refused' OR cardinality(returned) > 0;

-- migrate:down

DROP INDEX payments_gone_back;
DROP INDEX payments_received;
