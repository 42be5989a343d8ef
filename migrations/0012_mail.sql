-- migrate:up

-- In which language a person reads; null: they have not said.
ALTER TABLE contacts ADD COLUMN language text CHECK (language IN ('es', 'en', 'pt'));

-- What became of a mail. error says why it has not gone, or not yet, without anybody's address.
ALTER TABLE outbox
    ADD COLUMN outcome text CHECK (outcome IN ('sent', 'skipped', 'failed')),
    ADD COLUMN error text;
UPDATE outbox SET outcome = 'sent' WHERE done_at IS NOT NULL;
ALTER TABLE outbox ADD CONSTRAINT outbox_done_somehow CHECK ((outcome IS NULL) = (done_at IS NULL));

-- News of money do not wait behind the receipts of a raffle that sells fast.
CREATE INDEX outbox_urgent ON outbox (next_at) WHERE done_at IS NULL AND kind <> 'receipt';

-- Tells a buyer where their money goes, in the statement that decides it. Each decision is one row:
-- a payment is refused once; money that comes to a refused one later is another amount; numbers are
-- given back once; and a person rejects a payment once.
CREATE FUNCTION announce_payment() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    why text := 'numbers_returned';
    about integer[] := NEW.numbers;
    amount bigint;
BEGIN
    IF NEW.applied = 'refused' THEN
        why := NEW.applied_why;
        amount := greatest(
            CASE WHEN NEW.cancelled OR NEW.failed_as IS NOT NULL THEN 0 ELSE NEW.authorised END,
            NEW.captured
        ) - CASE
            WHEN OLD.applied IS NULL THEN NEW.refunded
            WHEN OLD.cancelled OR OLD.failed_as IS NOT NULL THEN OLD.captured
            ELSE greatest(OLD.authorised, OLD.captured)
        END;
    ELSIF NEW.refund_wanted > OLD.refund_wanted THEN
        about := NEW.returned[cardinality(OLD.returned) + 1:];
        amount := NEW.refund_wanted - OLD.refund_wanted;
    ELSE
        INSERT INTO outbox (raffle_id, kind, payload)
        VALUES (NEW.raffle_id, 'rejected', jsonb_build_object('payment_id', NEW.id));
        RETURN NULL;
    END IF;
    IF amount > 0 THEN
        INSERT INTO outbox (raffle_id, kind, payload)
        VALUES (NEW.raffle_id, 'refund', jsonb_build_object(
            'payment_id', NEW.id, 'why', why, 'amount', amount,
            'currency', coalesce(NEW.paid_currency, NEW.currency), 'numbers', about));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER buyers_hear_of_their_money
    AFTER UPDATE OF applied, captured, authorised, refund_wanted, failed_as ON payments
    FOR EACH ROW WHEN (
        NEW.applied = 'refused' AND (
            OLD.applied IS NULL OR NEW.captured > OLD.captured OR NEW.authorised > OLD.authorised
        )
        OR NEW.refund_wanted > OLD.refund_wanted
        OR NEW.failed_as IS NOT NULL AND OLD.failed_as IS NULL AND NEW.applied IS NULL
            AND NEW.claims_paid AND NEW.waits_for_person AND NEW.captured = 0
    )
    EXECUTE FUNCTION announce_payment();

-- migrate:down

DROP TRIGGER buyers_hear_of_their_money ON payments;
DROP FUNCTION announce_payment();
DROP INDEX outbox_urgent;
ALTER TABLE outbox DROP CONSTRAINT outbox_done_somehow, DROP COLUMN error, DROP COLUMN outcome;
ALTER TABLE contacts DROP COLUMN language;
