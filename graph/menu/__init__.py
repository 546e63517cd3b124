"""The menu of section 11: analyze, re-query, progress, continue."""
