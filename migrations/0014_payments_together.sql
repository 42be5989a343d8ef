-- migrate:up

-- Learn what a provider says of payments, of many in one statement: starting one costs more than the work
-- on a row. It takes the place of merge_payment, and promises the same: facts only grow, so the order
-- does not matter; in the same statement: the ledger, refunds that have arrived, and the events that led
-- here. A currency that is not the payment's own is never forgotten. Texts are compared by their bytes,
-- as everybody does who computes this. No payment may be named twice.
--
-- A new fact makes a payment due, unless it is the last one: sold, paid in full, nothing owed. Then it comes
-- to rest here, which spares every sale a statement and a version of its row.
--
-- Payments that are not there are left out. Unless it waits, so are those that somebody else has locked:
-- a statement that holds rows must not wait for another, whose holder may be waiting for one of them. With
-- one payment it may wait.
DROP FUNCTION merge_payment;
CREATE FUNCTION merge_payments(
    p_waits boolean,
    p_raffle_id uuid[],
    p_id uuid[],
    p_reference text[],
    p_authorised bigint[],
    p_captured bigint[],
    p_refunded bigint[],
    p_currency text[],
    p_failed_as text[],
    p_cancelled boolean[],
    p_action jsonb[],
    p_details jsonb[],
    p_event_account text[],
    p_event_id text[]
) RETURNS SETOF payments
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    held bigint[];
    now_is timestamptz;
BEGIN
    -- Locked first, so that the statement that follows sees what others have committed by then.
    IF p_waits THEN
        SELECT array_agg(u.n) INTO held
        FROM unnest(p_raffle_id, p_id) WITH ORDINALITY AS u (raffle_id, id, n)
        CROSS JOIN LATERAL (
            SELECT FROM payments AS k WHERE k.raffle_id = u.raffle_id AND k.id = u.id FOR UPDATE
        ) AS found;
    ELSE
        SELECT array_agg(u.n) INTO held
        FROM unnest(p_raffle_id, p_id) WITH ORDINALITY AS u (raffle_id, id, n)
        CROSS JOIN LATERAL (
            SELECT FROM payments AS k WHERE k.raffle_id = u.raffle_id AND k.id = u.id
            FOR UPDATE SKIP LOCKED
        ) AS found;
    END IF;
    now_is := clock_timestamp();

    RETURN QUERY
    WITH facts AS (
        SELECT b.at, b.before, u.raffle_id, u.id, u.currency, u.event_account, u.event_id,
            format('provider:%s:%s', (b.before).provider, (b.before).account) AS till,
            coalesce((b.before).reference, u.reference) AS reference,
            greatest((b.before).authorised, u.authorised) AS authorised,
            greatest((b.before).captured, u.captured) AS captured,
            greatest((b.before).refunded, u.refunded) AS refunded,
            CASE
                WHEN u.currency IS NULL THEN (b.before).paid_currency
                WHEN (b.before).paid_currency IS DISTINCT FROM (b.before).currency
                    AND u.currency <> (b.before).currency
                    THEN least((b.before).paid_currency COLLATE "C", u.currency COLLATE "C")
                WHEN u.currency <> (b.before).currency THEN u.currency
                ELSE coalesce((b.before).paid_currency, u.currency)
            END AS paid_currency,
            (b.before).applied = 'sold'
                AND greatest((b.before).captured, u.captured) >= (b.before).amount
                AND greatest((b.before).refunded, u.refunded) = (b.before).refund_wanted AS is_settled,
            least((b.before).failed_as COLLATE "C", u.failed_as COLLATE "C") AS failed_as,
            (b.before).cancelled OR u.cancelled AS cancelled,
            coalesce(u.action, (b.before).action) AS action,
            (b.before).details || u.details AS details
        FROM unnest(p_raffle_id, p_id, p_reference, p_authorised, p_captured, p_refunded,
                p_currency, p_failed_as, p_cancelled, p_action, p_details, p_event_account,
                p_event_id)
            WITH ORDINALITY AS u (raffle_id, id, reference, authorised, captured, refunded,
                currency, failed_as, cancelled, action, details, event_account, event_id, n)
        CROSS JOIN LATERAL (
            SELECT k.ctid AS at, k AS before FROM payments AS k
            WHERE k.raffle_id = u.raffle_id AND k.id = u.id OFFSET 0
        ) AS b
        WHERE u.n = ANY(held)
    ), news AS (
        SELECT f.*,
            (f.reference, f.authorised, f.captured, f.refunded, f.paid_currency, f.failed_as,
                f.cancelled)
            IS DISTINCT FROM ((f.before).reference, (f.before).authorised, (f.before).captured,
                (f.before).refunded, (f.before).paid_currency, (f.before).failed_as,
                (f.before).cancelled) AS is_fact,
            (f.action, f.details)
            IS DISTINCT FROM ((f.before).action, (f.before).details) AS is_other
        FROM facts AS f
    ), written AS (
        UPDATE payments AS p
        SET reference = n.reference, authorised = n.authorised, captured = n.captured,
            refunded = n.refunded, paid_currency = n.paid_currency, failed_as = n.failed_as,
            cancelled = n.cancelled, action = n.action, details = n.details,
            next_check_at = CASE
                WHEN NOT n.is_fact THEN p.next_check_at WHEN n.is_settled THEN NULL ELSE now_is
            END,
            checked_by = CASE WHEN n.is_fact AND n.is_settled THEN NULL ELSE p.checked_by END,
            checked_until = CASE WHEN n.is_fact AND n.is_settled THEN NULL ELSE p.checked_until END,
            attempts = CASE WHEN n.is_fact THEN 0 ELSE p.attempts END,
            version = p.version + 1, updated_at = now_is
        FROM news AS n
        WHERE p.ctid = n.at AND (n.is_fact OR n.is_other)
        RETURNING p.*
    ), entered AS (
        INSERT INTO ledger_transfers
            (raffle_id, debit, credit, amount, currency, payment_id, kind, total, at)
        SELECT n.raffle_id, n.till, 'suspense', n.captured - (n.before).captured, n.currency, n.id,
            'captured', n.captured, now_is
        FROM news AS n WHERE n.captured > (n.before).captured
        UNION ALL
        SELECT n.raffle_id, 'suspense', n.till, n.refunded - (n.before).refunded, n.currency, n.id,
            'refunded', n.refunded, now_is
        FROM news AS n WHERE n.refunded > (n.before).refunded
    ), arrived AS (
        UPDATE payment_refunds AS r SET state = 'done'
        FROM news AS n
        WHERE n.refunded > (n.before).refunded AND r.raffle_id = n.raffle_id
            AND r.payment_id = n.id AND r.state <> 'done' AND r.total <= n.refunded
    ), processed AS (
        UPDATE webhook_inbox AS i SET processed_at = now_is, error = NULL
        FROM news AS n
        WHERE n.event_id IS NOT NULL AND i.provider = (n.before).provider
            AND i.account = n.event_account AND i.event_id = n.event_id
            AND i.processed_at IS NULL
    )
    SELECT * FROM written
    UNION ALL
    SELECT (n.before).* FROM news AS n WHERE NOT (n.is_fact OR n.is_other);
END
$$;

-- migrate:down

DROP FUNCTION merge_payments;

-- Learn what a provider says of a payment. Facts only grow, so the order does not matter. In the same
-- statement: the ledger, refunds that have arrived, and the event that led here. A currency that is not
-- the payment's own is never forgotten. Texts are compared by their bytes, as everybody does who computes this.
CREATE FUNCTION merge_payment(
    p_raffle_id uuid,
    p_id uuid,
    p_reference text,
    p_authorised bigint,
    p_captured bigint,
    p_refunded bigint,
    p_currency text,
    p_failed_as text,
    p_cancelled boolean,
    p_action jsonb,
    p_details jsonb,
    p_event_account text,
    p_event_id text
) RETURNS SETOF payments
LANGUAGE plpgsql
AS $$
DECLARE
    before payments;
    facts payments;
    now_is timestamptz := clock_timestamp();
    till text;
BEGIN
    SELECT * INTO before FROM payments WHERE raffle_id = p_raffle_id AND id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    facts := before;
    facts.reference := coalesce(before.reference, p_reference);
    facts.authorised := greatest(before.authorised, p_authorised);
    facts.captured := greatest(before.captured, p_captured);
    facts.refunded := greatest(before.refunded, p_refunded);
    facts.paid_currency := CASE
        WHEN p_currency IS NULL THEN before.paid_currency
        WHEN before.paid_currency IS DISTINCT FROM before.currency
            AND p_currency <> before.currency
            THEN least(before.paid_currency COLLATE "C", p_currency COLLATE "C")
        WHEN p_currency <> before.currency THEN p_currency
        ELSE coalesce(before.paid_currency, p_currency)
    END;
    facts.failed_as := least(before.failed_as COLLATE "C", p_failed_as COLLATE "C");
    facts.cancelled := before.cancelled OR p_cancelled;
    IF facts IS DISTINCT FROM before THEN
        facts.next_check_at := now_is;
        facts.attempts := 0;
    END IF;
    facts.action := coalesce(p_action, before.action);
    facts.details := before.details || p_details;
    IF facts IS DISTINCT FROM before THEN
        UPDATE payments AS p
        SET reference = facts.reference, authorised = facts.authorised, captured = facts.captured,
            refunded = facts.refunded, paid_currency = facts.paid_currency,
            failed_as = facts.failed_as, cancelled = facts.cancelled, action = facts.action,
            details = facts.details, next_check_at = facts.next_check_at,
            attempts = facts.attempts, version = p.version + 1, updated_at = now_is
        WHERE p.raffle_id = p_raffle_id AND p.id = p_id
        RETURNING p.* INTO facts;
    END IF;

    till := format('provider:%s:%s', before.provider, before.account);
    IF facts.captured > before.captured THEN
        INSERT INTO ledger_transfers
            (raffle_id, debit, credit, amount, currency, payment_id, kind, total, at)
        VALUES (p_raffle_id, till, 'suspense', facts.captured - before.captured, p_currency, p_id,
            'captured', facts.captured, now_is);
    END IF;
    IF facts.refunded > before.refunded THEN
        INSERT INTO ledger_transfers
            (raffle_id, debit, credit, amount, currency, payment_id, kind, total, at)
        VALUES (p_raffle_id, 'suspense', till, facts.refunded - before.refunded, p_currency, p_id,
            'refunded', facts.refunded, now_is);
        UPDATE payment_refunds AS r SET state = 'done'
        WHERE r.raffle_id = p_raffle_id AND r.payment_id = p_id AND r.state <> 'done'
            AND r.total <= facts.refunded;
    END IF;
    IF p_event_id IS NOT NULL THEN
        UPDATE webhook_inbox AS i SET processed_at = now_is, error = NULL
        WHERE i.provider = before.provider AND i.account = p_event_account
            AND i.event_id = p_event_id AND i.processed_at IS NULL;
    END IF;
    RETURN NEXT facts;
END
$$;
