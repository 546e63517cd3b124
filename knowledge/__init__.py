"""The embedded Knowledge MCP server and its cited base.

`load_base` reads and checks folders of entries, `Base` searches them, `server.build_server` offers them as MCP tools,
`serving` runs those over stdio, streamable HTTP or SSE. The command line is `python -m fine_tuning_knowledge`.
"""

from .errors import KnowledgeBaseError
from .knowledge_base import Base, Match, load_base

__all__ = ["Base", "KnowledgeBaseError", "Match", "load_base"]
