"""The same promises, asked of every store."""
