"""Whether two JSON values are the same: Python holds that True is 1, JSON does not."""

from typing import Any


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values at any depth; quick when both are one object."""
    if left is right:
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            same(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
