"""Networks that live in other frameworks, read to accounts by protocol: nothing of a framework is imported or run."""
