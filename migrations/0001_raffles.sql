-- migrate:up

-- Times travel as whole milliseconds since 1970 (bigint) and are kept as timestamptz. Both ways are
-- exact: an interval is counted in whole microseconds, and extract() gives a numeric.
CREATE FUNCTION ms_to_time(ms bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN 'epoch'::timestamptz + ms * interval '1 millisecond';

CREATE FUNCTION time_to_ms(at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN floor(extract(epoch FROM at) * 1000)::bigint;

-- One row a raffle: what was agreed, where it stands, and the fence.
-- (epoch, seq) is the fence: only who knows both may write, see commit_batch.
-- Every commit updates this row: the free space keeps the new version on the same page (HOT).
CREATE TABLE raffles (
    id uuid PRIMARY KEY,
    organizer_id uuid NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL DEFAULT '',
    number_count integer NOT NULL CHECK (number_count BETWEEN 1 AND 1000000),
    price bigint NOT NULL CHECK (price >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    max_numbers_per_user integer NOT NULL CHECK (max_numbers_per_user >= 1),
    selection_ms bigint NOT NULL CHECK (selection_ms > 0),
    checkout_ms bigint NOT NULL CHECK (checkout_ms > 0),
    extension_ms bigint NOT NULL CHECK (extension_ms >= 0),
    extensions_per_phase integer NOT NULL CHECK (extensions_per_phase >= 0),
    max_hold_ms bigint NOT NULL CHECK (max_hold_ms >= 0),
    sales_close_at timestamptz,
    draw_at timestamptz,
    status text NOT NULL
        CHECK (status IN ('draft', 'active', 'paused', 'closed', 'drawn', 'cancelled')),
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 4294967295),
    seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    owner_node text,
    owner_url text,
    reserved_count integer NOT NULL DEFAULT 0 CHECK (reserved_count >= 0),
    sold_count integer NOT NULL DEFAULT 0 CHECK (sold_count >= 0),
    last_outage_at timestamptz NOT NULL DEFAULT 'epoch',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (reserved_count + sold_count <= number_count)
) WITH (fillfactor = 50);

CREATE INDEX raffles_newest ON raffles (created_at DESC, id DESC);
CREATE INDEX raffles_of_organizer ON raffles (organizer_id);
CREATE INDEX raffles_closing ON raffles (sales_close_at) WHERE status IN ('active', 'paused');

-- One row a taken number; free is absence. The primary key is the last guard against selling a
-- number twice. No foreign keys here: the fence has already locked the raffle's row, and a check
-- for each number would cost more than the insert itself.
CREATE TABLE number_claims (
    raffle_id uuid NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 0 AND 999999),
    status text NOT NULL CHECK (status IN ('reserved', 'sold', 'blocked')),
    user_id uuid,
    reservation_id uuid,
    PRIMARY KEY (raffle_id, number),
    CHECK ((status = 'blocked') = (reservation_id IS NULL)),
    CHECK ((user_id IS NULL) = (reservation_id IS NULL))
) WITH (fillfactor = 90);

-- A reservation, alive or ended; an ended one never changes again. The client made the id, which is
-- therefore unique within its raffle only.
CREATE TABLE reservations (
    raffle_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    phase text NOT NULL CHECK (
        phase IN ('selection', 'checkout', 'payment_review', 'completed', 'cancelled', 'expired')
    ),
    numbers integer[] NOT NULL CHECK (cardinality(numbers) >= 1),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    extensions_used integer NOT NULL DEFAULT 0 CHECK (extensions_used >= 0),
    ended_at timestamptz,
    PRIMARY KEY (raffle_id, id),
    CHECK ((ended_at IS NULL) = (phase IN ('selection', 'checkout', 'payment_review')))
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX reservations_one_live_a_person ON reservations (raffle_id, user_id)
    WHERE ended_at IS NULL;
CREATE INDEX reservations_due ON reservations (expires_at, raffle_id) WHERE ended_at IS NULL;
CREATE INDEX reservations_by_id ON reservations (id);
CREATE INDEX reservations_of_person ON reservations (user_id, created_at DESC);

-- The journal: everything that has happened to a raffle, in order, and who caused it. `what` is the
-- event without its kind.
CREATE TABLE raffle_events (
    raffle_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    epoch bigint NOT NULL CHECK (epoch >= 1),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    who uuid,
    reservation_id uuid,
    what jsonb NOT NULL CHECK (jsonb_typeof(what) = 'object'),
    PRIMARY KEY (raffle_id, seq)
);

-- migrate:down

DROP TABLE raffle_events;
DROP TABLE reservations;
DROP TABLE number_claims;
DROP TABLE raffles;
DROP FUNCTION time_to_ms(timestamptz);
DROP FUNCTION ms_to_time(bigint);
