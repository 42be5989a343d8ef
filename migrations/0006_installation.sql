-- migrate:up

-- Which installation this database is, so that nodes of several that share a Redis do not take each
-- other for their own. A copy within a server is another one: the database's own number is added.
CREATE TABLE installation (
    id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO installation DEFAULT VALUES;

-- migrate:down

DROP TABLE installation;
