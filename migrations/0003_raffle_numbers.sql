-- migrate:up

-- Every number of every raffle with its state, for people who look into the database:
--     SELECT status, COUNT(*) FROM raffle_numbers GROUP BY status;
-- Free numbers have no row anywhere; here they are listed. Add WHERE raffle_id = … on a large
-- installation: a raffle of a million numbers is a million rows.
CREATE VIEW raffle_numbers AS
SELECT
    r.id AS raffle_id,
    lpad(n.number::text, greatest(2, length((r.number_count - 1)::text)), '0') AS number,
    coalesce(c.status, 'available') AS status,
    c.user_id,
    c.reservation_id,
    v.expires_at AS reserved_until
FROM raffles AS r
CROSS JOIN LATERAL generate_series(0, r.number_count - 1) AS n (number)
LEFT JOIN number_claims AS c ON c.raffle_id = r.id AND c.number = n.number
LEFT JOIN reservations AS v
    ON v.raffle_id = r.id AND v.id = c.reservation_id AND c.status = 'reserved';

-- migrate:down

DROP VIEW raffle_numbers;
