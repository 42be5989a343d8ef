"""PostgreSQL, the durable truth.

`pool` lends connections and translates failures, `raffle_store` is the fenced commit and the load,
`queries` and `accounts` are for pages, `claims` and `rows` compute what is written and read (pure),
`migrate` brings the schema up to date.
"""
