"""Cells on top of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.compute.lazy import jax
from weigh.declare import config as configuration
from weigh.declare import tree
from weigh.declare.config import Resolve
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, total
from weigh.declare.layer import Layer as Declared
from weigh.errors import ArgumentError, ShapeError
from weigh.layers.base import Layer
from weigh.layers.inner import revived
from weigh.layers.recurrent.cell import Cell, Prepared


class StackedRNNCells(Layer):
    """Cells on top of each other as one cell: the output of each is the input of the next.

    Args:
        cells: the cells, the lowest first.

    Raises:
        ArgumentError: there is none, or one has no `call` or `state_size`.
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ArgumentError(f"Layer {self.name!r} (StackedRNNCells) needs a list of cells, not {cells!r}.")
        for cell in cells:
            if not hasattr(cell, "call") or getattr(cell, "state_size", None) is None:
                raise ArgumentError(
                    f"Layer {self.name!r} (StackedRNNCells): each cell must have a method `call(inputs, states)` and a "
                    f"`state_size`, but {cell!r} has not."
                )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """Sizes of the states, those of each cell in turn."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """Size of the output of the last cell."""
        size: int = _output_size(self.cells[-1])
        return size

    def build(self, input_shape: Shape) -> None:
        shape = tuple(input_shape)
        for cell in self.cells:
            if isinstance(cell, Declared) and not cell.built:
                cell.build(shape)
                cell.built = True
            shape = (shape[0], _output_size(cell))

    def compute_output_shape(self, inputs_shape: Shape, states_shape: Any = None) -> Any:
        batch = inputs_shape[0]
        states = [tree.map_leaves(lambda size: (batch, size), cell.state_size) for cell in self.cells]
        return (batch, self.output_size), states

    def compute_cost(self, inputs_shape: Shape, states_shape: Any = None) -> Cost | None:
        costs, shape = [], tuple(inputs_shape)
        for cell in self.cells:
            cost = cell.compute_cost(shape) if isinstance(cell, Declared) else None
            if cost is None:
                return None
            costs.append(cost)
            shape = (shape[0], _output_size(cell))
        return Cost(total(cost.multiply_adds for cost in costs), total(cost.others for cost in costs))

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Return the states of each cell before the first step."""
        return [self._first(cell, batch_size) for cell in self.cells]

    def _first(self, cell: Any, batch_size: int | None) -> Any:
        if hasattr(cell, "get_initial_state"):
            return cell.get_initial_state(batch_size=batch_size)
        return tree.map_leaves(lambda size: jax.numpy.zeros((batch_size, size), self.compute_dtype), cell.state_size)

    def prepare(self, inputs: Any, states: Any, training: Any) -> Prepared:
        """Return the two halves of a step, as `Cell.prepare`; the first half is that of the lowest cell."""
        halves = []
        for cell, own in zip(self.cells, states, strict=True):
            halves.append(prepared(cell, inputs, own, training))
            inputs = jax.ShapeDtypeStruct((inputs.shape[0], int(_output_size(cell))), inputs.dtype)

        def advance(given: Any, states: Any) -> tuple[Any, Any]:
            new = []
            for index, ((project, move), own) in enumerate(zip(halves, states, strict=True)):
                given, after = move(given if index == 0 else project(given), own)
                new.append(after)
            return given, new

        return halves[0][0], advance

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        project, advance = self.prepare(inputs, states, training)
        return advance(project(inputs), states)

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        return cls(**{**config, "cells": revived(config["cells"], custom_objects, resolve)})


def _output_size(cell: Any) -> Any:
    size = getattr(cell, "output_size", None)
    return size if size is not None else next(tree.leaves(cell.state_size))


def prepared(cell: Any, inputs: Any, states: Any, training: Any) -> Prepared:
    """Return the two halves of a step of any cell; for a user's own, all is in the second.

    Args:
        cell: a cell.
        inputs: shape and dtype of the input of one step.
        states: before the first step.
        training: whether it is training.
    """
    if isinstance(cell, StackedRNNCells):
        return cell.prepare(inputs, states, training)
    if isinstance(cell, Cell):
        project, advance = cell.prepare(inputs, training)

        def move(given: Any, states: Any) -> tuple[Any, Any]:
            output, new = advance(given, states if tree.is_nested(states) else [states])
            return output, new if tree.is_nested(states) else new[0]

        return project, move
    named = "training" in configuration.parameters(type(cell).call)
    options = {"training": training} if named else {}
    called = cell if callable(cell) else cell.call

    def step(given: Any, states: Any) -> tuple[Any, Any]:
        alone = not tree.is_nested(states)
        output, new = called(given, [states] if alone else states, **options)
        after = tree.flatten(new)
        wanted = tree.flatten(states)
        if [tuple(one.shape) for one in after] != [tuple(one.shape) for one in wanted]:
            raise ShapeError(
                f"The cell {cell!r} was given states of shapes {[tuple(one.shape) for one in wanted]} and returned "
                f"states of shapes {[tuple(one.shape) for one in after]}: a step must return states as it gets them."
            )
        return output, tree.pack(states, after)

    return (lambda given: given), step
