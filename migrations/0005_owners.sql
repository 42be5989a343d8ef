-- migrate:up

-- Since when the last owner has the raffle. A node that finds it silent waits for a while before it
-- takes over, so that two healthy nodes cannot depose each other in turn.
ALTER TABLE raffles ADD COLUMN owner_since timestamptz NOT NULL DEFAULT 'epoch';

-- From now on the end of the last outage that was made good, not its beginning: several nodes measure
-- the same one, each a little differently.
COMMENT ON COLUMN raffles.last_outage_at IS 'when the last outage that was made good had ended';

-- migrate:down

COMMENT ON COLUMN raffles.last_outage_at IS NULL;
ALTER TABLE raffles DROP COLUMN owner_since;
