"""5A. SFT (Supervised Fine-Tuning): the primary path."""

from .approach import path_section

SECTION = path_section("train_with_sft", number="5A", title="SFT (Supervised Fine-Tuning)", approach="sft")
