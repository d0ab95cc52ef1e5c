"""What the texts about activation layers use beside arguments and shapes."""

from __future__ import annotations

from weigh.report.facts import named_activation

FACTS = {"Activation": named_activation}
