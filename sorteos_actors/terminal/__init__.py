"""The terminal side: what an operator sees and does without a browser.

`client` speaks the wire and is shared by everybody here; `follow` keeps it connected. `watch` draws
(`grid` decides where, `scene` remembers what, `picture` how it looks), `bots` buy, `doctor` looks for
what is wrong. `api` is the HTTP side, `access` finds the secret and makes an operator's tokens.
"""
