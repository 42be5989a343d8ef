"""What goes wrong at a terminal and is nobody's bug: one sentence, no traceback."""

from __future__ import annotations


class Complaint(Exception):
    """One sentence that tells the person at the terminal what to do."""
