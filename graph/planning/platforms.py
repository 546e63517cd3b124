"""The platforms that rent GPUs: what people call them, and under which name their prices are known."""

from .texts import name_of

PRICED_AS = {"runpod": "runpod", "lambda": "lambda", "vast": "vast", "sagemaker": "aws"}
"""The values of the field `platform` that rent, by the name in the price list: SageMaker runs on EC2 machines, whose
price is the least that it takes."""


def platform_name(platform: str) -> str:
    """What people call a platform; one without a name of its own is called as it is."""
    return name_of("platform", platform)
