-- migrate:up

-- The attempt that a reservation waits for; once it is completed, the payment that has paid it.
ALTER TABLE reservations ADD COLUMN payment_id uuid;

DROP FUNCTION commit_batch;

-- Everything that one batch of a raffle writes, in one statement: all of it or nothing.
--
-- Returns PostgreSQL's time in milliseconds, or NULL when the fence matched no row: the caller was
-- deposed, or its position is stale, and nothing was written. Any other disagreement between what
-- the caller believes and what the rows say raises an integrity violation (class 23), which undoes
-- the whole statement.
--
-- The arrays hold net effects: what a number or a reservation is after the batch, each named once
-- in each group. Every statement is an index lookup for each element, whatever the statistics say
-- on a table that has just grown from nothing: `python3 run.py bench expiry` shows when it is not.
--
-- Numbers are sold to reservations that a payment has paid, and to no others: the payment's row says
-- that exactly this money is here, and has bought nothing yet. The ledger, the payment and the mail
-- are written together with the numbers. When a payment's row does not agree, because it has changed
-- since it was read, the violation names the constraint payment_covers_it.
CREATE FUNCTION commit_batch(
    p_raffle_id uuid,
    p_epoch bigint,
    p_seq bigint,
    p_status text,
    p_reserved_count integer,
    p_sold_count integer,
    p_last_outage_at bigint,
    -- numbers that go, what they were (sold ones are refunded), and the reservations that had them
    p_released integer[],
    p_released_status text[],
    p_released_by uuid[],
    -- numbers that were reserved and are sold now, to the same reservations
    p_sold integer[],
    p_sold_to uuid[],
    -- numbers that are taken now and were not, or not by this reservation
    p_taken integer[],
    p_taken_status text[],
    p_taken_by uuid[],
    p_taken_user uuid[],
    -- reservations as they are now: born in this batch or changed by it; the numbers of each as an
    -- array literal
    p_id uuid[],
    p_is_new boolean[],
    p_user uuid[],
    p_phase text[],
    p_numbers text[],
    p_unit_price bigint[],
    p_created_at bigint[],
    p_expires_at bigint[],
    p_extensions_used integer[],
    p_ended_at bigint[],
    p_payment uuid[],
    -- payments that a reservation waits for now, that none waits for any more, and that are overdue
    p_started uuid[],
    p_started_for uuid[],
    p_stopped uuid[],
    p_overdue uuid[],
    -- payments that have paid, for which reservations, its numbers as a literal, and what they cost
    p_paid uuid[],
    p_paid_for uuid[],
    p_paid_numbers text[],
    p_paid_amount bigint[],
    -- payments whose numbers went back, and which; those of each as an array literal
    p_returned uuid[],
    p_returned_numbers text[],
    -- the journal, in order
    p_kind text[],
    p_who uuid[],
    p_about uuid[],
    p_what text[]
) RETURNS bigint
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    raffle record;
    newly_reserved integer := cardinality(array_positions(p_taken_status, 'reserved'));
    let_go integer := cardinality(array_positions(p_released_status, 'reserved'));
    touched integer;
    done integer;
    now_is timestamptz;
BEGIN
    UPDATE raffles AS r
    SET seq = r.seq + cardinality(p_kind),
        status = p_status,
        reserved_count = r.reserved_count
            + newly_reserved - let_go - cardinality(p_sold),
        sold_count = r.sold_count
            + cardinality(p_sold) + cardinality(p_taken) - newly_reserved
            - (cardinality(p_released) - let_go),
        last_outage_at = ms_to_time(p_last_outage_at)
    WHERE r.id = p_raffle_id AND r.epoch = p_epoch AND r.seq = p_seq
    RETURNING r.number_count, r.currency, r.reserved_count, r.sold_count INTO raffle;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    now_is := clock_timestamp();
    IF raffle.reserved_count <> p_reserved_count OR raffle.sold_count <> p_sold_count THEN
        RAISE integrity_constraint_violation USING MESSAGE = format(
            'counts disagree: reserved %s, sold %s by the rows; %s, %s by the batch',
            raffle.reserved_count, raffle.sold_count, p_reserved_count, p_sold_count);
    END IF;

    -- Rows are found one by one (OFFSET 0 keeps the planner from turning that into a join): on
    -- tables without statistics it would compare every claim of the raffle with every element.
    IF cardinality(p_released) > 0 THEN
        DELETE FROM number_claims AS c
        USING unnest(p_released, p_released_status, p_released_by)
            AS u (number, status, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM number_claims AS k
            WHERE k.raffle_id = p_raffle_id AND k.number = u.number OFFSET 0
        ) AS found (at)
        WHERE c.ctid = found.at AND c.reservation_id = u.reservation_id AND c.status = u.status;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_released) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a released number was not its reservation''s';
        END IF;
    END IF;

    IF cardinality(p_sold) > 0 THEN
        UPDATE number_claims AS c
        SET status = 'sold'
        FROM unnest(p_sold, p_sold_to) AS u (number, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM number_claims AS k
            WHERE k.raffle_id = p_raffle_id AND k.number = u.number OFFSET 0
        ) AS found (at)
        WHERE c.ctid = found.at AND c.reservation_id = u.reservation_id AND c.status = 'reserved';
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_sold) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a sold number was not held by its reservation';
        END IF;
    END IF;

    IF cardinality(p_taken) > 0 THEN
        INSERT INTO number_claims (raffle_id, number, status, user_id, reservation_id)
        SELECT p_raffle_id, u.number, u.status, u.user_id, u.reservation_id
        FROM unnest(p_taken, p_taken_status, p_taken_by, p_taken_user)
            AS u (number, status, reservation_id, user_id)
        WHERE u.number < raffle.number_count;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_taken) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a taken number is not on the board';
        END IF;
    END IF;

    -- Changes first: what ends makes room for the next reservation of the same person. The phase is
    -- asked, not ended_at, so that no partial index offers itself instead of the primary key.
    touched := cardinality(array_positions(p_is_new, false));
    IF touched > 0 THEN
        UPDATE reservations AS v
        SET phase = u.phase, numbers = u.numbers::integer[], expires_at = ms_to_time(u.expires_at),
            extensions_used = u.extensions_used, ended_at = ms_to_time(u.ended_at),
            payment_id = u.payment_id
        FROM unnest(p_id, p_is_new, p_user, p_phase, p_numbers, p_expires_at, p_extensions_used,
                p_ended_at, p_payment)
            AS u (id, is_new, user_id, phase, numbers, expires_at, extensions_used, ended_at,
                payment_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM reservations AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE NOT u.is_new AND v.ctid = found.at AND v.user_id = u.user_id
            AND v.phase IN ('selection', 'checkout', 'payment_review');
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> touched THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a reservation had ended, or belongs to somebody else';
        END IF;
    END IF;

    -- An id that was ever used in this raffle violates the primary key here.
    IF touched < cardinality(p_id) THEN
        INSERT INTO reservations (
            raffle_id, id, user_id, phase, numbers, unit_price,
            created_at, expires_at, extensions_used, ended_at, payment_id
        )
        SELECT p_raffle_id, u.id, u.user_id, u.phase, u.numbers::integer[], u.unit_price,
            ms_to_time(u.created_at), ms_to_time(u.expires_at), u.extensions_used,
            ms_to_time(u.ended_at), u.payment_id
        FROM unnest(p_id, p_is_new, p_user, p_phase, p_numbers, p_unit_price, p_created_at,
                p_expires_at, p_extensions_used, p_ended_at, p_payment)
            AS u (id, is_new, user_id, phase, numbers, unit_price, created_at,
                expires_at, extensions_used, ended_at, payment_id)
        WHERE u.is_new;
    END IF;

    -- Payments. Others write the same rows at any time, and an UPDATE that has to wait for one of them looks
    -- for the row where it was, and misses it: so the rows are locked before they are looked for.
    IF cardinality(p_stopped) + cardinality(p_started) + cardinality(p_overdue)
        + cardinality(p_paid) + cardinality(p_returned) > 0 THEN
        PERFORM found.id
        FROM unnest(p_stopped || p_started || p_overdue || p_paid || p_returned) AS u (id)
        CROSS JOIN LATERAL (
            SELECT k.id FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id
            FOR NO KEY UPDATE
        ) AS found;
        PERFORM found.id
        FROM unnest(p_paid_for) AS u (reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.id FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.reservation_id = u.reservation_id AND k.live
            FOR NO KEY UPDATE
        ) AS found;
    END IF;

    -- Those that stop come first: they make room for the next attempt of their reservation.
    IF cardinality(p_stopped) > 0 THEN
        UPDATE payments AS p
        SET live = false, version = p.version + 1, updated_at = now_is
        FROM unnest(p_stopped) AS u (id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE p.ctid = found.at;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_stopped) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a payment that ended is not there';
        END IF;
    END IF;

    IF cardinality(p_started) > 0 THEN
        UPDATE payments AS p
        SET live = true, version = p.version + 1, updated_at = now_is,
            next_check_at = now_is, attempts = 0
        FROM unnest(p_started, p_started_for) AS u (id, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE p.ctid = found.at AND p.reservation_id = u.reservation_id;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_started) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a payment that begins is not there, or is for something else';
        END IF;
    END IF;

    IF cardinality(p_overdue) > 0 THEN
        UPDATE payments AS p
        SET cancel_wanted = true, version = p.version + 1, updated_at = now_is,
            next_check_at = now_is, attempts = 0
        FROM unnest(p_overdue) AS u (id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE p.ctid = found.at;
    END IF;

    IF cardinality(p_sold) + cardinality(p_taken) > newly_reserved AND EXISTS (
        SELECT u.id FROM unnest(p_sold_to) AS u (id)
        UNION SELECT u.id FROM unnest(p_taken_by, p_taken_status) AS u (id, status)
        WHERE u.status = 'sold'
        EXCEPT SELECT u.id FROM unnest(p_paid_for) AS u (id)
    ) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'numbers are sold that nobody has paid';
    END IF;

    IF cardinality(p_paid) > 0 THEN
        -- Other attempts for what is paid now: nobody waits for them any more.
        UPDATE payments AS p
        SET live = false, cancel_wanted = true, version = p.version + 1, updated_at = now_is,
            next_check_at = now_is, attempts = 0
        FROM unnest(p_paid, p_paid_for) AS u (id, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.reservation_id = u.reservation_id AND k.live
            OFFSET 0
        ) AS found (at)
        WHERE p.ctid = found.at AND p.id <> u.id;

        UPDATE payments AS p
        SET applied = 'sold', applied_at = now_is, sold_as = u.reservation_id, live = false,
            version = p.version + 1, updated_at = now_is, next_check_at = now_is, attempts = 0
        FROM unnest(p_paid, p_paid_for, p_paid_numbers, p_paid_amount)
            AS u (id, reservation_id, numbers, amount)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM payments AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE p.ctid = found.at AND u.reservation_id IN (p.reservation_id, p.id)
            AND p.applied IS NULL AND p.numbers = u.numbers::integer[]
            AND p.amount = u.amount AND p.currency = raffle.currency
            AND p.paid_currency IS NOT DISTINCT FROM p.currency
            AND greatest(
                CASE WHEN p.cancelled OR p.failed_as IS NOT NULL THEN 0 ELSE p.authorised END,
                p.captured
            ) - p.refunded = p.amount;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_paid) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'the money of a sale is not here, not right, or has bought something',
                CONSTRAINT = 'payment_covers_it';
        END IF;

        INSERT INTO ledger_transfers
            (raffle_id, debit, credit, amount, currency, payment_id, kind, total, at)
        SELECT p_raffle_id, 'suspense', 'sales', u.amount, raffle.currency, u.id, 'sold', u.amount,
            now_is
        FROM unnest(p_paid, p_paid_amount) AS u (id, amount) WHERE u.amount > 0;

        INSERT INTO outbox (raffle_id, kind, payload, created_at, next_at)
        SELECT p_raffle_id, 'receipt',
            jsonb_build_object('payment_id', u.id, 'reservation_id', u.reservation_id),
            now_is, now_is
        FROM unnest(p_paid, p_paid_for) AS u (id, reservation_id);
    END IF;

    IF cardinality(p_returned) > 0 THEN
        WITH owed AS (
            UPDATE payments AS p
            SET returned = p.returned || u.numbers::integer[],
                refund_wanted = p.refund_wanted + p.unit_price * cardinality(u.numbers::integer[]),
                version = p.version + 1, updated_at = now_is, next_check_at = now_is, attempts = 0
            FROM unnest(p_returned, p_returned_numbers) AS u (id, numbers)
            CROSS JOIN LATERAL (
                SELECT k.ctid FROM payments AS k
                WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
            ) AS found (at)
            WHERE p.ctid = found.at AND p.applied = 'sold'
                AND NOT p.returned && u.numbers::integer[]
            RETURNING p.id, p.refund_wanted AS total,
                p.unit_price * cardinality(u.numbers::integer[]) AS amount
        ), entered AS (
            INSERT INTO ledger_transfers
                (raffle_id, debit, credit, amount, currency, payment_id, kind, total, at)
            SELECT p_raffle_id, 'sales', 'suspense', o.amount, raffle.currency, o.id, 'returned',
                o.total, now_is
            FROM owed AS o WHERE o.amount > 0
        )
        SELECT count(*) INTO done FROM owed;
        IF done <> cardinality(p_returned) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'numbers went back that this payment has not bought, or twice',
                CONSTRAINT = 'payment_covers_it';
        END IF;
    END IF;

    INSERT INTO raffle_events (raffle_id, seq, epoch, at, kind, who, reservation_id, what)
    SELECT p_raffle_id, p_seq + u.position, p_epoch, now_is, u.kind, u.who, u.about, u.what::jsonb
    FROM unnest(p_kind, p_who, p_about, p_what)
        WITH ORDINALITY AS u (kind, who, about, what, position);

    RETURN time_to_ms(now_is);
END
$$;

-- migrate:down

DROP FUNCTION commit_batch;

ALTER TABLE reservations DROP COLUMN payment_id;

-- Everything that one batch of a raffle writes, in one statement: all of it or nothing.
--
-- Returns PostgreSQL's time in milliseconds, or NULL when the fence matched no row: the caller was
-- deposed, or its position is stale, and nothing was written. Any other disagreement between what
-- the caller believes and what the rows say raises an integrity violation (class 23), which undoes
-- the whole statement.
--
-- The arrays hold net effects: what a number or a reservation is after the batch, each named once
-- in each group. Every statement is an index lookup for each element, whatever the statistics say
-- on a table that has just grown from nothing: `python3 run.py bench expiry` shows when it is not.
CREATE FUNCTION commit_batch(
    p_raffle_id uuid,
    p_epoch bigint,
    p_seq bigint,
    p_status text,
    p_reserved_count integer,
    p_sold_count integer,
    p_last_outage_at bigint,
    -- numbers that go, and the reservations that held them
    p_released integer[],
    p_released_by uuid[],
    -- numbers that were reserved and are sold now, to the same reservations
    p_sold integer[],
    p_sold_to uuid[],
    -- numbers that are taken now and were not, or not by this reservation
    p_taken integer[],
    p_taken_status text[],
    p_taken_by uuid[],
    p_taken_user uuid[],
    -- reservations as they are now: born in this batch or changed by it; the numbers of each as an
    -- array literal
    p_id uuid[],
    p_is_new boolean[],
    p_user uuid[],
    p_phase text[],
    p_numbers text[],
    p_unit_price bigint[],
    p_created_at bigint[],
    p_expires_at bigint[],
    p_extensions_used integer[],
    p_ended_at bigint[],
    -- the journal, in order
    p_kind text[],
    p_who uuid[],
    p_about uuid[],
    p_what text[]
) RETURNS bigint
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    raffle record;
    newly_reserved integer := cardinality(array_positions(p_taken_status, 'reserved'));
    touched integer;
    done integer;
    now_is timestamptz;
BEGIN
    UPDATE raffles AS r
    SET seq = r.seq + cardinality(p_kind),
        status = p_status,
        reserved_count = r.reserved_count
            + newly_reserved - cardinality(p_released) - cardinality(p_sold),
        sold_count = r.sold_count
            + cardinality(p_sold) + cardinality(p_taken) - newly_reserved,
        last_outage_at = ms_to_time(p_last_outage_at)
    WHERE r.id = p_raffle_id AND r.epoch = p_epoch AND r.seq = p_seq
    RETURNING r.number_count, r.reserved_count, r.sold_count INTO raffle;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    now_is := clock_timestamp();
    IF raffle.reserved_count <> p_reserved_count OR raffle.sold_count <> p_sold_count THEN
        RAISE integrity_constraint_violation USING MESSAGE = format(
            'counts disagree: reserved %s, sold %s by the rows; %s, %s by the batch',
            raffle.reserved_count, raffle.sold_count, p_reserved_count, p_sold_count);
    END IF;

    -- Rows are found one by one (OFFSET 0 keeps the planner from turning that into a join): on
    -- tables without statistics it would compare every claim of the raffle with every element.
    IF cardinality(p_released) > 0 THEN
        DELETE FROM number_claims AS c
        USING unnest(p_released, p_released_by) AS u (number, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM number_claims AS k
            WHERE k.raffle_id = p_raffle_id AND k.number = u.number OFFSET 0
        ) AS found (at)
        WHERE c.ctid = found.at AND c.reservation_id = u.reservation_id AND c.status = 'reserved';
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_released) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a released number was not held by its reservation';
        END IF;
    END IF;

    IF cardinality(p_sold) > 0 THEN
        UPDATE number_claims AS c
        SET status = 'sold'
        FROM unnest(p_sold, p_sold_to) AS u (number, reservation_id)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM number_claims AS k
            WHERE k.raffle_id = p_raffle_id AND k.number = u.number OFFSET 0
        ) AS found (at)
        WHERE c.ctid = found.at AND c.reservation_id = u.reservation_id AND c.status = 'reserved';
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_sold) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a sold number was not held by its reservation';
        END IF;
    END IF;

    IF cardinality(p_taken) > 0 THEN
        INSERT INTO number_claims (raffle_id, number, status, user_id, reservation_id)
        SELECT p_raffle_id, u.number, u.status, u.user_id, u.reservation_id
        FROM unnest(p_taken, p_taken_status, p_taken_by, p_taken_user)
            AS u (number, status, reservation_id, user_id)
        WHERE u.number < raffle.number_count;
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> cardinality(p_taken) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a taken number is not on the board';
        END IF;
    END IF;

    -- Changes first: what ends makes room for the next reservation of the same person. The phase is
    -- asked, not ended_at, so that no partial index offers itself instead of the primary key.
    touched := cardinality(array_positions(p_is_new, false));
    IF touched > 0 THEN
        UPDATE reservations AS v
        SET phase = u.phase, numbers = u.numbers::integer[], expires_at = ms_to_time(u.expires_at),
            extensions_used = u.extensions_used, ended_at = ms_to_time(u.ended_at)
        FROM unnest(p_id, p_is_new, p_user, p_phase, p_numbers, p_expires_at, p_extensions_used,
                p_ended_at)
            AS u (id, is_new, user_id, phase, numbers, expires_at, extensions_used, ended_at)
        CROSS JOIN LATERAL (
            SELECT k.ctid FROM reservations AS k
            WHERE k.raffle_id = p_raffle_id AND k.id = u.id OFFSET 0
        ) AS found (at)
        WHERE NOT u.is_new AND v.ctid = found.at AND v.user_id = u.user_id
            AND v.phase IN ('selection', 'checkout', 'payment_review');
        GET DIAGNOSTICS done = ROW_COUNT;
        IF done <> touched THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a reservation had ended, or belongs to somebody else';
        END IF;
    END IF;

    -- An id that was ever used in this raffle violates the primary key here.
    IF touched < cardinality(p_id) THEN
        INSERT INTO reservations (
            raffle_id, id, user_id, phase, numbers, unit_price,
            created_at, expires_at, extensions_used, ended_at
        )
        SELECT p_raffle_id, u.id, u.user_id, u.phase, u.numbers::integer[], u.unit_price,
            ms_to_time(u.created_at), ms_to_time(u.expires_at), u.extensions_used,
            ms_to_time(u.ended_at)
        FROM unnest(p_id, p_is_new, p_user, p_phase, p_numbers, p_unit_price, p_created_at,
                p_expires_at, p_extensions_used, p_ended_at)
            AS u (id, is_new, user_id, phase, numbers, unit_price, created_at,
                expires_at, extensions_used, ended_at)
        WHERE u.is_new;
    END IF;

    INSERT INTO raffle_events (raffle_id, seq, epoch, at, kind, who, reservation_id, what)
    SELECT p_raffle_id, p_seq + u.position, p_epoch, now_is, u.kind, u.who, u.about, u.what::jsonb
    FROM unnest(p_kind, p_who, p_about, p_what)
        WITH ORDINALITY AS u (kind, who, about, what, position);

    RETURN time_to_ms(now_is);
END
$$;
