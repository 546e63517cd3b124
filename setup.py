"""Lists the packages; everything else is in pyproject.toml.

`graph/` is imported as `fine_tuning_specialist`, so the names that setuptools finds on disk need their prefix.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        "fine_tuning_specialist",
        *(f"fine_tuning_specialist.{name}" for name in find_packages("graph")),
        "fine_tuning_specialist.persona",
        "fine_tuning_specialist.prompts",
        "fine_tuning_specialist.templates",
        "fine_tuning_knowledge",
        "fine_tuning_catalogue",
    ]
)
