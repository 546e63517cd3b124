"""What a run needed from outside, kept so that it can be executed again: journal, replay, forks and history."""
