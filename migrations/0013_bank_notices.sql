-- migrate:up

-- What a bank's notification of a transfer may be for: the payment that has its code, or one that a
-- person would have to confirm and that nobody has paid yet.
CREATE INDEX payments_by_code ON payments ((details ->> 'code')) WHERE waits_for_person;
CREATE INDEX payments_unpaid ON payments (created_at)
    WHERE waits_for_person AND applied IS NULL AND captured = 0;

-- migrate:down

DROP INDEX payments_unpaid;
DROP INDEX payments_by_code;
