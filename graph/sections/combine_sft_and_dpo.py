"""5D. Combined Approach (SFT, then DPO): capability first, then alignment."""

from .approach import path_section

SECTION = path_section("combine_sft_and_dpo", approach="sft+dpo")
