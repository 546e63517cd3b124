"""From the recorded run to what is written: the design, its decisions, its origins, and the audit."""
