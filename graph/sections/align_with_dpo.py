"""5B. DPO (Direct Preference Optimization): preference alignment."""

from .approach import path_section

SECTION = path_section("align_with_dpo", approach="dpo")
