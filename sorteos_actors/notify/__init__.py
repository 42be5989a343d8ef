"""Mail to buyers: what was bought, and where their money goes.

    outbox ─▶ mailer ─▶ writer ─▶ letter ─▶ render ─▶ smtp

A row of the outbox is written by the statement that sells, refuses or refunds. Nothing here is on the
way of a sale.
"""
