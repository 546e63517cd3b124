"""5A. SFT (Supervised Fine-Tuning): the primary path."""

from .approach import path_section

SECTION = path_section("train_with_sft", approach="sft")
