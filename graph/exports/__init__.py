"""Exporting one neutral design to the trainers that people use."""

from .assembly import Export
from .formats import EXPORTERS, export
from .neutral import DataFiles, FineTuningDesign

__all__ = ["EXPORTERS", "DataFiles", "Export", "FineTuningDesign", "export"]
