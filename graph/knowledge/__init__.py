"""The client side of the Knowledge MCP: which server, the session, the queries and the evidence they bring."""
