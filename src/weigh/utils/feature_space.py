"""Rows of a table as vectors."""

from weigh.models.feature_space import FeatureSpace

__all__ = ["FeatureSpace"]
