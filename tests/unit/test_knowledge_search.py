"""Every query of the specification, filled as projects fill it, finds what it asks for; no text breaks the search."""

from importlib.resources import files

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fine_tuning_knowledge import Base, load_base
from fine_tuning_knowledge.tools import TOOLS

THRESHOLDS = {"min_examples", "recommended_examples", "starting_examples", "used_examples"}

# query id: [(filled query, ids, quantities or tags that make a result relevant, how many of the top 5 must be)]
EXPECTED = {
    "methodologies": [
        ("fine-tuning instruction-following 5000-examples single-gpu", {"instruction-following", "single-gpu"}, 4),
        ("fine-tuning code-generation 50000-examples multi-gpu", {"code-generation", "code", "multi-gpu"}, 3),
        ("fine-tuning domain-adaptation limited-data QLoRA", {"domain-adaptation", "qlora"}, 4),
        ("fine-tuning chat 800-examples single-gpu", {"chatbot", "chat", "single-gpu", "small-dataset"}, 3),
        ("fine-tuning classification", {"classification"}, 3),
    ],
    "approach": [
        ("SFT vs DPO chatbot preference-data-available", {"DPO-013", "dpo", "sft"}, 4),
        ("SFT vs DPO instruction-following SFT-data-only", {"DPO-013", "dpo", "sft"}, 4),
        ("SFT vs DPO router-shop-support both", {"DPO-013", "dpo", "sft"}, 4),
    ],
    "warnings": [
        ("fine-tuning instruction-following 7B", {"WARN-001", "WARN-002", "WARN-003", "WARN-004"}, 3),
        ("fine-tuning code-generation 13B overfitting", {"overfitting"}, 3),
        ("fine-tuning chat 8B", {"common-mistake", "chat-template", "chat", "7B"}, 3),
        ("fine-tuning domain-adaptation", {"common-mistake", "domain-adaptation"}, 3),
    ],
    "datasets": [
        ("instruction dataset creation medical expert-annotation", {"DATA-054", "METH-025", "METH-001", "METH-035"}, 3),
        ("instruction dataset creation code synthetic-generation", {"METH-035", "METH-015", "METH-001", "DATA-026"}, 4),
        ("instruction dataset creation customer-support resolved-tickets", {"dataset", "dataset-creation"}, 3),
        ("instruction dataset creation legal", {"DATA-055", "dataset", "dataset-creation"}, 3),
    ],
    "thresholds": [
        ("fine-tuning minimum dataset size instruction-following 7B requirements", THRESHOLDS, 3),
        ("fine-tuning minimum dataset size code-generation 13B requirements", THRESHOLDS, 4),
        ("fine-tuning minimum dataset size chat 8B requirements", THRESHOLDS, 3),
        ("fine-tuning minimum dataset size classification 8B requirements", {*THRESHOLDS, "min_examples_per_class"}, 3),
        ("fine-tuning minimum dataset size summarization requirements", THRESHOLDS, 3),
        ("fine-tuning minimum dataset size extraction 1B requirements", {*THRESHOLDS, "elbow_examples_per_task"}, 3),
    ],
    "comparison": [("fine-tuning dataset size threshold SFT DPO comparison", {"threshold", *THRESHOLDS}, 4)],
    "base_model": [
        ("base model selection 8B Apache-2.0 customer-support", {"Apache-2.0", "base-model"}, 5),
        ("base model selection 7B commercial-use code", {"commercial-use", "base-model"}, 3),
        ("base model selection 70B Llama-license general", {"base-model"}, 4),
    ],
    "selection_patterns": [
        ("LLM model selection fine-tuning instruction-following", {"base-model", "instruction-following"}, 4),
        ("LLM model selection fine-tuning code-generation", {"base-model", "code", "code-generation"}, 4),
        ("LLM model selection fine-tuning", {"base-model"}, 4),
    ],
    "sft": [
        ("SFT training 5000-examples customer-support", {"sft", "customer-support", "chatbot"}, 3),
        ("SFT training 500-examples medical", {"sft", "medical"}, 3),
    ],
    "dpo": [
        ("DPO training 3000-pairs helpfulness", {"dpo"}, 4),
        ("DPO training 800-pairs tone", {"dpo", "style"}, 4),
        ("DPO training", {"dpo"}, 5),
    ],
    "dpo_warnings": [
        (
            "DPO training preference data quality",
            {"METH-020", "dpo", "preference", "data-quality", "preference-data"},
            4,
        ),
    ],
    "insufficient": [
        (
            "fine-tuning insufficient data small dataset instruction-following 7B",
            {"insufficient-data", "small-dataset"},
            4,
        ),
        ("fine-tuning insufficient data small dataset extraction 1B", {"insufficient-data", "small-dataset"}, 3),
    ],
    "insufficient_warnings": [
        (
            "fine-tuning insufficient data instruction-following 7B overfitting",
            {"insufficient-data", "overfitting", "small-dataset"},
            4,
        ),
        (
            "fine-tuning insufficient data classification overfitting",
            {"insufficient-data", "overfitting", "small-dataset"},
            4,
        ),
    ],
    "augmentation": [
        ("synthetic data generation fine-tuning medical", {"synthetic-data", "medical"}, 4),
        (
            "synthetic data generation fine-tuning customer-support",
            {"synthetic-data", "synthetic", "customer-support"},
            4,
        ),
    ],
    "rag_transition": [("RAG to fine-tuning transition", {"RAG-006", "RAG-007", "RAG-008"}, 3)],
    "combined": [("SFT DPO combined training pipeline", {"DPO-025", "DATA-012", "DATA-013", "PEFT-027"}, 4)],
    "peft_patterns": [
        ("LoRA QLoRA configuration 7B instruction-following", {"lora_rank", "double_quant_saving"}, 4),
        ("LoRA QLoRA configuration 70B reasoning", {"lora_rank", "qlora", "lora"}, 4),
    ],
    "peft_decisions": [
        ("LoRA vs QLoRA vs full fine-tuning single-gpu", {"PEFT-017", "CON-006", "MEM-007", "PEFT-016", "PEFT-018"}, 4),
        ("LoRA vs QLoRA vs full fine-tuning multi-gpu", {"PEFT-017", "CON-006", "MEM-007", "PEFT-016", "PEFT-018"}, 3),
    ],
    "peft_warnings": [("LoRA fine-tuning pitfalls", {"lora", "target-modules"}, 4)],
    "rank_alpha": [
        ("LoRA QLoRA rank alpha code-generation 13B complex", {"lora_rank", "lora_alpha"}, 5),
        ("LoRA QLoRA rank alpha summarization 8B simple", {"lora_rank", "lora_alpha"}, 4),
        ("LoRA QLoRA rank alpha instruction-following 7B moderate", {"lora_rank", "lora_alpha"}, 5),
    ],
    "target_modules": [
        ("LoRA target modules LlamaForCausalLM instruction-following", {"target-modules"}, 4),
        ("LoRA target modules Qwen3 chat", {"target-modules"}, 4),
        ("LoRA target modules t5 translation", {"target-modules", "t5"}, 4),
    ],
    "hyperparameters": [
        ("fine-tuning hyperparameter configuration SFT 8B 5000-examples", {"learning_rate", "epochs"}, 4),
        ("fine-tuning hyperparameter configuration SFT DPO 7B 20000-examples", {"learning_rate", "epochs"}, 4),
        ("fine-tuning hyperparameter configuration DPO 8B 3000-pairs", {"learning_rate", "dpo_beta"}, 4),
    ],
    "learning_rate_decisions": [
        ("learning rate selection SFT 8B 5000-examples", {"learning_rate", "CON-019", "CON-021"}, 4),
        ("learning rate selection DPO 13B 3000-pairs", {"learning_rate", "CON-003", "CON-019", "CON-021"}, 3),
    ],
    "hyperparameter_warnings": [
        (
            "fine-tuning hyperparameter pitfalls SFT overfitting underfitting",
            {"WARN-001", "MON-006", "WARN-002", "MON-012"},
            4,
        ),
        (
            "fine-tuning hyperparameter pitfalls DPO overfitting underfitting",
            {"WARN-001", "MON-006", "DPO-021", "MON-012"},
            3,
        ),
    ],
    "learning_rate": [
        ("learning rate 8B 5000-examples", {"learning_rate"}, 5),
        ("learning rate 70B 100000-examples", {"learning_rate"}, 4),
    ],
    "epochs": [
        ("epochs 5000-examples instruction-following", {"epochs"}, 3),
        ("epochs 300-examples extraction", {"epochs"}, 2),
    ],
    "batch_size": [
        ("batch size 24GB 8B", {"batch_size"}, 4),
        ("batch size 80GB 13B", {"batch_size"}, 3),
    ],
    "warmup": [
        ("warmup strategy DPO", {"warmup_ratio", "warmup"}, 3),
        ("warmup strategy SFT", {"warmup_ratio", "warmup"}, 4),
    ],
    "weight_decay": [
        ("weight decay 5000-examples regularization", {"weight_decay", "weight-decay"}, 4),
        ("weight decay regularization", {"weight_decay", "weight-decay"}, 4),
    ],
    "dpo_beta": [
        ("DPO beta parameter KL penalty 8B 3000-pairs", {"dpo_beta", "beta"}, 5),
        ("DPO beta parameter KL penalty 7B 60000-pairs", {"dpo_beta", "beta"}, 5),
    ],
    "monitoring": [
        ("training monitoring evaluation strategy SFT 5000-examples", {"monitoring", "evaluation"}, 4),
        ("training monitoring evaluation strategy DPO 3000-pairs", {"DPO-033", "monitoring", "evaluation"}, 4),
    ],
}


def specified_queries() -> dict[str, str]:
    """Query id: tool, from the specification's queries as data."""
    text = files("fine_tuning_specialist.prompts").joinpath("queries.yaml").read_text(encoding="utf-8")
    return {query["id"]: query["tool"] for queries in yaml.safe_load(text).values() for query in queries}


TOOL_OF = specified_queries()
CASES = [(TOOL_OF.get(name, "?"), *case) for name, cases in EXPECTED.items() for case in cases]


@pytest.fixture(scope="module")
def base() -> Base:
    return load_base()


def marks(entry):
    return {entry.id, *entry.tags, *(figure.quantity for figure in entry.figures)}


def found(base, tool, text, limit=10):
    kind = TOOLS[tool].kind
    return [match.entry for match in base.search(text, kinds=[kind] if kind else (), limit=limit)]


def test_every_query_of_the_specification_has_its_expectation():
    assert set(TOOL_OF) == set(EXPECTED)


@pytest.mark.parametrize(("tool", "text", "wanted", "at_least"), CASES, ids=[case[1] for case in CASES])
def test_a_query_of_the_specification_finds_what_it_asks_for(base, tool, text, wanted, at_least):
    entries = found(base, tool, text)
    relevant = [entry.id for entry in entries[:5] if marks(entry) & wanted]
    needed = min(at_least, len(entries))

    assert len(entries) >= 3
    assert len(relevant) >= needed, [entry.id for entry in entries[:5]]


@pytest.mark.parametrize(
    ("tool", "text", "first"),
    [
        ("get_decisions", "SFT vs DPO chatbot preference-data-available", "DPO-013"),
        ("get_patterns", "SFT DPO combined training pipeline", "DPO-025"),
        ("search_knowledge", "DPO beta parameter KL penalty 8B 3000-pairs", "DPO-002"),
        ("search_knowledge", "weight decay 5000-examples regularization", "HP-018"),
        ("get_warnings", "personal data privacy GDPR", "WARN-023"),
        ("get_decisions", "which experiment tracker: wandb or mlflow", "INFRA-026"),
        ("get_warnings", "T4 bf16", "MEM-024"),
        ("search_knowledge", "RunPod H100 price", "INFRA-005"),
        ("search_knowledge", "What is the difference between SFT and DPO?", "DPO-013"),
        ("search_knowledge", "difference between LoRA and QLoRA", "PEFT-018"),
        ("search_knowledge", "What is LoRA?", "PEFT-001"),
        ("search_knowledge", "What does beta do?", "DPO-002"),
    ],
)
def test_the_best_known_answer_comes_first(base, tool, text, first):
    assert found(base, tool, text)[0].id == first


def test_models_of_the_size_and_licence_that_were_asked_for_come_before_others(base):
    models = [
        e for e in found(base, "get_decisions", "base model selection 8B Apache-2.0", 40) if e.id.startswith("MODEL-")
    ]

    assert {entry.id for entry in models[:2]} == {"MODEL-Qwen3-8B", "MODEL-Granite-3.3-8B"} or all(
        entry.context.startswith("8") and "Apache-2.0" in entry.context for entry in models[:2]
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("supervised fine-tuning", "SFT"),
        ("4-bit adapter", "QLoRA"),
        ("helpdesk assistant", "customer-support chatbot"),
        ("memorisation", "overfitting"),
        ("7 billion", "7B"),
        ("24 GB", "24GB"),
        ("5k examples", "5000-examples"),
        ("licence", "license"),
    ],
)
def test_different_words_for_one_thing_meet(base, one, other):
    first, second = ({m.entry.id for m in base.search(text, limit=15)} for text in (one, other))

    assert len(first & second) >= 3


def test_scores_lie_between_0_and_1_and_fall(base):
    scores = [match.score for match in base.search("LoRA learning rate for chat at 8B", limit=50)]

    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_a_kind_keeps_the_others_out(base):
    assert all("warning" in match.entry.kinds for match in base.search("learning rate", kinds=["warning"], limit=50))


def test_the_limit_holds(base):
    assert len(base.search("lora", limit=2)) == 2
    assert len(base.search("", limit=7)) == 7


def test_words_that_nobody_knows_find_nothing(base):
    assert base.search("xyzzy plugh") == []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "lora AND",
        "NEAR(lora qlora",
        "title:lora",
        "lora*",
        "-lora",
        "^lora",
        "(((",
        "'; DROP TABLE entries; --",
        "🔥",
        "lora\0rank",
        "\ud800 lora",
        "x" * 100_000,
        "lora " * 20_000,
        "9" * 5000 + " examples",
        "{brace} {{jinja}}",
    ],
    ids=range(16),
)
def test_search_syntax_and_junk_are_only_words(base, text):
    matches = base.search(text)

    assert all(0 < match.score < 1 for match in matches)
    assert base.search("lora")


@given(text=st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_answered(base, text):
    assert len(base.search(text, limit=5)) <= 5
