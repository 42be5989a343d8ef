-- migrate:up

-- Those that are open are looked at every minute; the others only grow.
CREATE INDEX money_cases_open ON money_cases (id) WHERE resolved_at IS NULL;

-- The refund that is under way, or a new one of all that is owed: what was captured, less the price of
-- the numbers that its buyer still has. So money beyond the price goes back too, and of a part that was
-- captured no more than that part. Nothing when nothing is owed.
CREATE OR REPLACE FUNCTION next_refund(p_raffle_id uuid, p_payment_id uuid, p_reason text)
RETURNS SETOF payment_refunds
LANGUAGE plpgsql
AS $$
DECLARE
    payment payments;
    newest payment_refunds;
    owed bigint;
    asked bigint;
BEGIN
    -- Locked first: two who ask at once see each other's refund.
    SELECT * INTO payment FROM payments
    WHERE raffle_id = p_raffle_id AND id = p_payment_id FOR UPDATE;
    SELECT * INTO newest FROM payment_refunds
    WHERE raffle_id = p_raffle_id AND payment_id = p_payment_id ORDER BY n DESC LIMIT 1;
    IF newest.state <> 'done' THEN
        RETURN NEXT newest;
        RETURN;
    END IF;
    owed := CASE payment.applied
        WHEN 'refused' THEN payment.captured
        WHEN 'sold' THEN payment.captured - (payment.amount - payment.refund_wanted)
    END;
    asked := greatest(coalesce(newest.total, 0), payment.refunded);
    IF owed > asked THEN
        RETURN QUERY
        INSERT INTO payment_refunds (raffle_id, payment_id, n, amount, total, reason, key)
        VALUES (p_raffle_id, p_payment_id, coalesce(newest.n, 0) + 1, owed - asked, owed, p_reason,
            format('refund-%s-%s', p_payment_id, coalesce(newest.n, 0) + 1))
        RETURNING *;
    END IF;
END
$$;

-- migrate:down

CREATE OR REPLACE FUNCTION next_refund(p_raffle_id uuid, p_payment_id uuid, p_reason text)
RETURNS SETOF payment_refunds
LANGUAGE plpgsql
AS $$
DECLARE
    payment payments;
    newest payment_refunds;
    owed bigint;
    asked bigint;
BEGIN
    -- Locked first: two who ask at once see each other's refund.
    SELECT * INTO payment FROM payments
    WHERE raffle_id = p_raffle_id AND id = p_payment_id FOR UPDATE;
    SELECT * INTO newest FROM payment_refunds
    WHERE raffle_id = p_raffle_id AND payment_id = p_payment_id ORDER BY n DESC LIMIT 1;
    IF newest.state <> 'done' THEN
        RETURN NEXT newest;
        RETURN;
    END IF;
    owed := CASE payment.applied
        WHEN 'refused' THEN payment.captured
        WHEN 'sold' THEN least(payment.refund_wanted, payment.captured)
    END;
    asked := greatest(coalesce(newest.total, 0), payment.refunded);
    IF owed > asked THEN
        RETURN QUERY
        INSERT INTO payment_refunds (raffle_id, payment_id, n, amount, total, reason, key)
        VALUES (p_raffle_id, p_payment_id, coalesce(newest.n, 0) + 1, owed - asked, owed, p_reason,
            format('refund-%s-%s', p_payment_id, coalesce(newest.n, 0) + 1))
        RETURNING *;
    END IF;
END
$$;

DROP INDEX money_cases_open;
