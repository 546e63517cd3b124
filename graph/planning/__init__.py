"""Figures that hold: pure functions on typed values, each formula with its source."""
