"""The one small graph that every section shares: consult, advise, ask, interpret, answer, settle."""
