"""Money: methods of payment, what to do next about a payment, and who does it."""
