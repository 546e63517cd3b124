"""A project to talk about: the help desk of a router shop, as the earlier steps document it."""

from pathlib import Path
from typing import Any

SIDECAR = """\
# The workflow's state. Edited by hand: keep the comments.
project_name: {name}
architecture: {architecture}  # decided in Step 2
currentStep: 4
stepsCompleted: [1, "2a", "2b", 3, 4]
tech_stack:
  vector_db: qdrant
  tracking: {tracking}
phases:
  phase_1_feature: complete
  phase_2_training: pending
decisions:
  - id: ARCH-001
    step: 2
    choice: "{architecture}"
    rationale: answers in the tone of the house
stories:
  step_4_embeddings:
    - id: EMB-S01
      title: Index the manuals
"""

BUSINESS = """\
# Business Requirements
## Use Case: Support assistant for a home-router shop
Answers customer tickets in the tone of the company.
- **Domain:** customer support
- **Licence:** Apache-2.0
- **Budget:** 400 USD
"""

ARCHITECTURE = """\
# Architecture Decision
- **Architecture:** {architecture}
## Training data requirements
We have {examples:,} instruction-response pairs, written by our own agents, and {pairs:,} preference pairs.
Models of at most 8B parameters.
"""

TECH_STACK = """\
# Tech Stack Decision
### Experiment Tracking & Monitoring
- **Tool:** {tool}
### Compute constraints
- **GPU:** 1x A10G 24GB
"""


def project_documents(
    *,
    name: str = "router-help",
    architecture: str = "hybrid",
    examples: int = 5200,
    pairs: int = 0,
    tracking: str = "mlflow",
    tool: str = "MLflow",
    extra: str = "",
) -> dict[str, str]:
    """The documents of a project, by path; `extra` is appended to the business requirements."""
    return {
        "sidecar.yaml": SIDECAR.format(name=name, architecture=architecture, tracking=tracking),
        "phase-0-scoping/business-requirements.md": BUSINESS + extra,
        "phase-0-scoping/architecture-decision.md": ARCHITECTURE.format(
            architecture=architecture, examples=examples, pairs=pairs
        ),
        "phase-0-scoping/tech-stack-decision.md": TECH_STACK.format(tool=tool),
    }


def write_project(folder: Path, **stated: Any) -> Path:
    """Write a project's documents into a folder, which is made where it is missing."""
    for path, text in project_documents(name=folder.name, **stated).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder
