"""How fast the planner answers: one estimate, and the ladder over the whole catalogue on ten GPUs.

Run `python benchmarks/memory/speed.py`.
"""

import statistics
import time
from collections.abc import Callable

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.estimate import EstimateRequest, estimate
from fine_tuning_specialist.planning.gpus import all_gpus
from fine_tuning_specialist.planning.ladder import ladders
from fine_tuning_specialist.planning.memory import estimate_memory
from fine_tuning_specialist.planning.training_setup import TrainingSetup


def milliseconds(task: Callable[[], object], repeats: int) -> float:
    """The median time of a task, after one run to warm up."""
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> None:
    """Print each time beside its bound."""
    catalogue = load_catalogue()
    request = EstimateRequest(model="Llama-3.1-8B", gpu="A10G", examples=5000, example_length=400, epochs=3)
    setup = estimate(request, catalogue).setup
    shapes = [model.shape for model in catalogue.models if model.shape is not None]
    cards = all_gpus()[:10]

    def whole_catalogue() -> None:
        for shape in shapes:
            ladders(TrainingSetup(shape, method="lora", batch_size=8, gradient_checkpointing=False), cards)

    print(f"memory of one run            {milliseconds(lambda: estimate_memory(setup), 200):9.3f} ms")
    print(f"whole answer, largest batch  {milliseconds(lambda: estimate(request, catalogue), 50):9.3f} ms  (bound: 1)")
    print(f"ladder, {len(shapes)} models, {len(cards)} GPUs  {milliseconds(whole_catalogue, 5):9.1f} ms  (bound: 200)")


if __name__ == "__main__":
    main()
