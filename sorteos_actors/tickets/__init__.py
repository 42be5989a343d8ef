"""Tickets: proof of what was bought, for whoever holds it. See `code` and `document`."""
