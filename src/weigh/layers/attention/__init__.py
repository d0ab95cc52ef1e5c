"""Layers in which each position of one sequence takes from the positions of another what it asks for."""

from weigh.layers.attention.dot import AdditiveAttention, Attention
from weigh.layers.attention.grouped import GroupedQueryAttention, GroupQueryAttention
from weigh.layers.attention.heads import MultiHeadAttention

__all__ = ["AdditiveAttention", "Attention", "GroupQueryAttention", "GroupedQueryAttention", "MultiHeadAttention"]
