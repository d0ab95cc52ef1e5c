"""Transformers of the families that the field knows, from a configuration or from names alone."""

from weigh.account.transformers.network import (
    FAMILIES,
    Network,
    account_from_config,
    declared_from_config,
    recognised,
)

__all__ = ["FAMILIES", "Network", "account_from_config", "declared_from_config", "recognised"]
