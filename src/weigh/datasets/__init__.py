"""Data sets that come with the library: drawn from a seed when asked for, never downloaded, never cached."""

from __future__ import annotations

from weigh.datasets import glyphs

__all__ = ["glyphs"]
