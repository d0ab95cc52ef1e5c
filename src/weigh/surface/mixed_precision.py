"""``weigh.mixed_precision``: the older name of what is in `weigh.config` and `weigh.dtype_policies`."""

from weigh.declare.dtypes import DTypePolicy, dtype_policy, set_dtype_policy

__all__ = ["DTypePolicy", "Policy", "dtype_policy", "global_policy", "set_dtype_policy", "set_global_policy"]

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
