"""The step behind a LangGraph server: what `langgraph.json` names. See README.md in this folder."""
