"""Runs: where they are kept, who may write to one, what they are called, and how one is driven.

Import nothing of LangGraph before this package: it switches on strict deserialisation, which LangGraph reads once.
"""

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
