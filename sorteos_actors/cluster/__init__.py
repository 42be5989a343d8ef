"""Redis: what nodes use to find each other. Never the truth, and never a condition for it."""
