"""What kind of picture some bytes are, by how they begin; their sender's word counts for nothing."""

from __future__ import annotations


def image_type(data: bytes) -> str | None:
    """The media type of a PNG, JPEG or WebP; None for everything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
