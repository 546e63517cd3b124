"""Many runs in one process, each opened for a turn and closed again: shared by workers and a server's conversations."""
