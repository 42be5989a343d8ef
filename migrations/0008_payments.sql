-- migrate:up

-- One attempt to pay one reservation. The facts about its money only grow, so that whoever learns one
-- may write it in any order, see merge_payment. What follows from them is computed, never stored.
-- Whether the reservation waits for it (live) and what the money has bought (applied) is written by
-- commit_batch, together with the numbers.
CREATE TABLE payments (
    raffle_id uuid NOT NULL,
    id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text NOT NULL CHECK (provider <> ''),
    account text NOT NULL CHECK (account <> ''),
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    numbers integer[] NOT NULL CHECK (cardinality(numbers) >= 1),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    waits_for_person boolean NOT NULL DEFAULT false,
    -- what the provider has said
    reference text CHECK (reference <> ''),
    authorised bigint NOT NULL DEFAULT 0 CHECK (authorised >= 0),
    captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    paid_currency text CHECK (paid_currency ~ '^[A-Z]{3}$'),
    failed_as text CHECK (failed_as <> ''),
    cancelled boolean NOT NULL DEFAULT false,
    -- what was decided about it
    cancel_wanted boolean NOT NULL DEFAULT false,
    claims_paid boolean NOT NULL DEFAULT false,
    returned integer[] NOT NULL DEFAULT '{}',
    refund_wanted bigint NOT NULL DEFAULT 0,
    live boolean NOT NULL DEFAULT false,
    applied text CHECK (applied IN ('sold', 'refused')),
    applied_why text,
    sold_as uuid,
    applied_at timestamptz,
    -- what the buyer must do, and what else the provider has told
    action jsonb CHECK (jsonb_typeof(action) = 'object'),
    details jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    -- who looks at it next
    next_check_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    checked_by text,
    checked_until timestamptz,
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (raffle_id, id),
    CHECK (amount = unit_price * cardinality(numbers)),
    CHECK (returned <@ numbers AND cardinality(returned) <= cardinality(numbers)),
    CHECK (cardinality(returned) = 0 OR applied IS NOT DISTINCT FROM 'sold'),
    CHECK (refund_wanted = unit_price * cardinality(returned)),
    CHECK ((sold_as IS NOT NULL) = (applied IS NOT DISTINCT FROM 'sold')),
    CHECK ((applied_at IS NULL) = (applied IS NULL))
) WITH (fillfactor = 70);

-- The same money never pays twice, a reservation waits for one attempt, and is paid by one payment.
CREATE UNIQUE INDEX payments_one_reference ON payments (provider, account, reference)
    WHERE reference IS NOT NULL;
CREATE UNIQUE INDEX payments_one_live_a_reservation ON payments (raffle_id, reservation_id)
    WHERE live;
CREATE UNIQUE INDEX payments_one_a_sale ON payments (raffle_id, sold_as) WHERE sold_as IS NOT NULL;
CREATE INDEX payments_of_reservation ON payments (raffle_id, reservation_id);
CREATE INDEX payments_of_person ON payments (user_id, created_at DESC);
CREATE INDEX payments_by_id ON payments (id);
CREATE INDEX payments_due ON payments (next_check_at) WHERE next_check_at IS NOT NULL;

-- Money to send back, written down before it is asked for: the key makes one effect of any number of
-- requests. total is what all refunds up to this one come to.
CREATE TABLE payment_refunds (
    raffle_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    n integer NOT NULL CHECK (n >= 1),
    amount bigint NOT NULL CHECK (amount > 0),
    total bigint NOT NULL CHECK (total >= amount),
    reason text NOT NULL CHECK (reason <> ''),
    key text NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'sent', 'done', 'manual')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (raffle_id, payment_id, n)
);

-- The ledger, in double entry: each row takes from one account and gives to another, so the sum over
-- all accounts is nothing, always. total is what the moves of one kind of one payment come to, which
-- makes every row unique.
CREATE TABLE ledger_transfers (
    raffle_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    debit text NOT NULL CHECK (debit <> ''),
    credit text NOT NULL CHECK (credit <> debit),
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    payment_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('captured', 'refunded', 'sold', 'returned')),
    total bigint NOT NULL CHECK (total >= amount),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (raffle_id, id),
    UNIQUE (raffle_id, payment_id, kind, total)
);

-- What every account of every raffle holds: debits less credits. In each raffle and currency the
-- balances sum to nothing.
--     SELECT raffle_id, currency, sum(balance) FROM ledger_balances GROUP BY 1, 2;
CREATE VIEW ledger_balances AS
SELECT t.raffle_id, t.currency, e.account, sum(e.amount) AS balance
FROM ledger_transfers AS t
CROSS JOIN LATERAL (VALUES (t.debit, t.amount), (t.credit, -t.amount)) AS e (account, amount)
GROUP BY t.raffle_id, t.currency, e.account;

-- Webhooks, kept before they are acknowledged, and processed from here.
CREATE TABLE webhook_inbox (
    provider text NOT NULL,
    account text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    reference text,
    payment_id uuid,
    headers jsonb NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error text,
    PRIMARY KEY (provider, account, event_id)
);
CREATE INDEX webhook_inbox_open ON webhook_inbox (next_at) WHERE processed_at IS NULL;

-- What must happen after a commit, at least once.
CREATE TABLE outbox (
    raffle_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind <> ''),
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz,
    PRIMARY KEY (raffle_id, id)
);
CREATE INDEX outbox_open ON outbox (next_at) WHERE done_at IS NULL;

-- Money that a person has to look at.
CREATE TABLE money_cases (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN (
        'overpaid', 'underpaid', 'paid_twice', 'wrong_currency', 'unknown_reference',
        'refund_failed', 'disputed', 'stuck'
    )),
    raffle_id uuid,
    payment_id uuid,
    amount bigint NOT NULL,
    currency text NOT NULL,
    owner text NOT NULL CHECK (owner <> ''),
    deadline timestamptz NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at timestamptz,
    resolution text,
    CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX money_cases_one_open ON money_cases (payment_id, kind)
    WHERE resolved_at IS NULL AND payment_id IS NOT NULL;
CREATE INDEX money_cases_by_deadline ON money_cases (deadline);

-- Which methods are offered: on the platform (no raffle), or otherwise in one raffle.
CREATE TABLE payment_methods (
    raffle_id uuid,
    provider text NOT NULL CHECK (provider <> ''),
    enabled boolean NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX payment_methods_one ON payment_methods (
    coalesce(raffle_id, '00000000-0000-0000-0000-000000000000'), provider
);
CREATE TABLE payment_method_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    LIKE payment_methods INCLUDING DEFAULTS
);

-- Pictures with which buyers show that they have paid.
CREATE TABLE receipts (
    id uuid PRIMARY KEY,
    raffle_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    content_type text NOT NULL CHECK (content_type <> ''),
    bytes bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 2097152),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX receipts_of_payment ON receipts (raffle_id, payment_id, at);

-- What was entered is never changed: a mistake is set right by another entry.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation
        USING MESSAGE = format('%s is append-only', TG_TABLE_NAME);
END
$$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER changes_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_method_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

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

-- The refund that is under way, or a new one of all that is owed: what a refused payment has captured,
-- or the price of numbers that were given back. Nothing when nothing is owed.
CREATE FUNCTION next_refund(p_raffle_id uuid, p_payment_id uuid, p_reason text)
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

-- migrate:down

DROP FUNCTION next_refund(uuid, uuid, text);
DROP FUNCTION merge_payment(
    uuid, uuid, text, bigint, bigint, bigint, text, text, boolean, jsonb, jsonb, text, text
);
DROP TABLE receipts;
DROP TABLE payment_method_changes;
DROP TABLE payment_methods;
DROP TABLE money_cases;
DROP TABLE outbox;
DROP TABLE webhook_inbox;
DROP VIEW ledger_balances;
DROP TABLE ledger_transfers;
DROP FUNCTION refuse_change();
DROP TABLE payment_refunds;
DROP TABLE payments;
