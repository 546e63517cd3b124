"""The embedded Knowledge MCP server and its cited base."""
