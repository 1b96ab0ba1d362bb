"""What schemathesis is told besides the OpenAPI document; it loads this file by its path."""

from __future__ import annotations

import re
import uuid
from collections.abc import MutableMapping
from typing import Any

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """A description of requests one by one cannot say that a key stands for one input: each valid key is made a new
    one. That one which is used again is refused has a test of its own.
    """
    headers: MutableMapping[str, Any] = case.headers
    key = headers.get(KEY)
    if isinstance(key, str) and re.fullmatch("[!-~]{1,255}", key):
        headers[KEY] = f"{key[:200]}-{uuid.uuid4()}"
