"""Bytes to messages and back. No I/O, no clock, no trio: data comes in, bytes go out.

`decode` is the only door for untrusted bytes. `board` knows snapshots and deltas, for both sides of
the wire. The whole vocabulary is in `messages`; the words for closing are in `close_codes`.
"""
