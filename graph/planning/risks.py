"""The risks of this very design: each with the reason why it applies, and what the evidence says about it."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel, Field

from ..knowledge.evidence import Evidence
from .citing import labels_about
from .families import families
from .plan_facts import PlanFacts
from .room import Room
from .rules import rule_book
from .texts import number, say

MANY_EPOCHS = 3
LITTLE_DATA = 1_000
"""Examples below which more than three epochs are memorising rather than learning (Axolotl, "Overfitting")."""

FULL_NARROW = 10_000
SAMPLE = 50
"""Examples to check by hand before a run."""

HIGH_DPO_RATE = 1e-6
"""Above this, full DPO has cost what SFT had taught (SimPO repository, caveat on Llama-3 v0.2)."""

GENERATED = ("synthetic", "generated", "generation", "distill", "self-instruct", "paraphras", "back-translat")


class RiskNote(BaseModel):
    """One risk that applies."""

    key: str
    """Stable, such as `chat_template`."""
    title: str
    detail: str
    evidence: list[str] = Field(default_factory=list)
    """Labels of what warns of it; empty where it follows from the design alone."""
    source: str = ""
    """The built-in source, where the evidence says nothing."""


Detail = str | None
Check = Callable[[PlanFacts], Detail]


def risks(
    facts: PlanFacts, evidence: Mapping[str, Evidence], *, room: Room | None = None, notes: str = ""
) -> list[RiskNote]:
    """The risks that apply to the design as it stands, in the order in which they would bite.

    Args:
        facts: The design: data, model, method and values.
        evidence: All evidence of the run by label.
        room: The model on the user's GPUs, for whether the run fits and its number format.
        notes: What the catalogue says about the model's adapters.

    Returns:
        One note for each risk that applies; none for a risk that the design has settled.
    """
    found: list[RiskNote] = []
    for key, (check, terms, practice) in _CHECKS.items():
        detail = check(facts)
        if detail is not None:
            found.append(_note(key, detail, evidence, terms, practice))
    if room is not None:
        found.extend(_machine_risks(facts, evidence, room))
    if notes:
        detail = say("risk.modules.detail", model=_model(facts), kinds=facts.family or "special", notes=notes)
        found.append(_note("modules", detail, evidence, ("hybrid", "mixture experts targets"), "unknown_modules"))
    return found


def _note(
    key: str, detail: str, evidence: Mapping[str, Evidence], terms: tuple[str, ...], practice: str = ""
) -> RiskNote:
    labels = labels_about(evidence, *terms, titles_only=True) if terms else []
    source = rule_book().practices.get(practice) if not labels else None
    return RiskNote(
        key=key, title=say(f"risk.{key}.title"), detail=detail, evidence=labels, source=str(source) if source else ""
    )


def _model(facts: PlanFacts) -> str:
    return facts.base_model or "the model"


def _count(facts: PlanFacts) -> int | None:
    return facts.examples_of(facts.stages[0])


def _chat_template(facts: PlanFacts) -> Detail:
    return say("risk.chat_template.detail", model=_model(facts)) if facts.instruct is False else None


def _end_token(facts: PlanFacts) -> Detail:
    """Where the template is new to the checkpoint, or its tokenizer has no pad token and the end token is reused."""
    family = families().families.get(facts.family)
    applies = facts.instruct is not True or (family is not None and not family.pad)
    return say("risk.end_token.detail") if applies else None


def _float32(facts: PlanFacts) -> Detail:
    if facts.trainer not in ("", "trl") or facts.size_b is None or facts.method == "qlora":
        return None
    sizes = {"float32": number(round(facts.size_b * 4, 1)), "bfloat16": number(round(facts.size_b * 2, 1))}
    return say("risk.float32.detail", model=_model(facts), **sizes)


def _merge(facts: PlanFacts) -> Detail:
    if facts.approach != "sft+dpo" or facts.method not in ("lora", "qlora"):
        return None
    return say("risk.merge.detail", quantised=" " + say("risk.merge.quantised") if facts.method == "qlora" else "")


def _new_tokens(facts: PlanFacts) -> Detail:
    applies = facts.method != "full" and (facts.new_tokens or facts.instruct is False)
    return say("risk.new_tokens.detail") if applies else None


def _few_examples(facts: PlanFacts) -> Detail:
    short = [
        (facts.sft_examples, facts.sft_minimum, "examples", "sft"),
        (facts.preference_pairs, facts.dpo_minimum, "pairs", "dpo"),
    ]
    texts = [
        say("risk.few_examples.detail", count=number(count), unit=unit, minimum=number(minimum))
        for count, minimum, unit, stage in short
        if stage in facts.stages and count is not None and minimum is not None and count < minimum
    ]
    return " ".join(texts) or None


def _overfitting(facts: PlanFacts) -> Detail:
    count, epochs = facts.sft_examples, facts.epochs
    if "sft" not in facts.stages or count is None or epochs is None:
        return None
    if epochs > MANY_EPOCHS or (count < LITTLE_DATA and epochs >= MANY_EPOCHS):
        return say("risk.overfitting.detail", epochs=number(epochs), count=number(count))
    return None


def _contamination(facts: PlanFacts) -> Detail:
    return say("risk.contamination.detail") if facts.uncontaminated is False else None


def _personal_data(facts: PlanFacts) -> Detail:
    return say("risk.personal_data.detail") if facts.pii_removed is False else None


def _unverified(facts: PlanFacts) -> Detail:
    if facts.verified == "none":
        return say("risk.unverified.detail", sample=SAMPLE)
    return say("risk.partly_verified.detail") if facts.verified == "some" else None


def _wrong_answers(facts: PlanFacts) -> Detail:
    return say("risk.wrong_answers.detail") if facts.accurate is False else None


def _inconsistent(facts: PlanFacts) -> Detail:
    return say("risk.inconsistent.detail") if facts.consistent is False else None


def _coverage(facts: PlanFacts) -> Detail:
    return say("risk.coverage.detail") if facts.coverage == "partial" or facts.diverse is False else None


def _synthetic(facts: PlanFacts) -> Detail:
    source = facts.data_source.lower()
    return say("risk.synthetic.detail", sample=SAMPLE) if any(word in source for word in GENERATED) else None


def _dpo_on_base(facts: PlanFacts) -> Detail:
    applies = facts.approach == "dpo" and facts.instruct is False
    return say("risk.dpo_on_base.detail", model=_model(facts)) if applies else None


def _dpo_alone(facts: PlanFacts) -> Detail:
    applies = facts.approach == "dpo" and facts.instruct is not False
    return say("risk.dpo_alone.detail", model=_model(facts)) if applies else None


def _pairs_unknown(facts: PlanFacts) -> Detail:
    unknown = facts.pair_source.strip().lower() in ("", "unknown")
    if "dpo" not in facts.stages or not unknown:
        return None
    return say("risk.pairs_unknown.detail", count=number(facts.preference_pairs or 0))


def _length(facts: PlanFacts) -> Detail:
    if facts.max_length is None or facts.context_length is None or facts.max_length <= facts.context_length:
        return None
    numbers = {"length": number(facts.max_length), "context": number(facts.context_length)}
    return say("risk.length.detail", model=_model(facts), **numbers)


def _cut(facts: PlanFacts) -> Detail:
    if facts.max_length is None or facts.example_tokens is None or facts.example_tokens <= facts.max_length:
        return None
    return say("risk.cut.detail", tokens=number(facts.example_tokens), length=number(facts.max_length))


def _license(facts: PlanFacts) -> Detail:
    return say("risk.license.detail", model=_model(facts)) if facts.license_ok is False else None


def _license_unknown(facts: PlanFacts) -> Detail:
    applies = facts.license_ok is None and bool(facts.base_model)
    return say("risk.license_unknown.detail", model=_model(facts)) if applies else None


def _dpo_rate(facts: PlanFacts) -> Detail:
    rate = facts.dpo_learning_rate
    if facts.method != "full" or "dpo" not in facts.stages or rate is None or rate <= HIGH_DPO_RATE:
        return None
    return say("risk.dpo_rate.detail", rate=number(rate), limit=number(HIGH_DPO_RATE))


def _forgetting(facts: PlanFacts) -> Detail:
    count = _count(facts)
    if facts.method != "full" or count is None or count >= FULL_NARROW:
        return None
    return say("risk.forgetting.detail", count=number(count))


_CHECKS: dict[str, tuple[Check, tuple[str, ...], str]] = {
    "license": (_license, ("licence terms", "license terms"), ""),
    "license_unknown": (_license_unknown, ("licence terms", "license terms"), ""),
    "dpo_on_base": (_dpo_on_base, ("sft before dpo",), "dpo_after_sft"),
    "dpo_alone": (_dpo_alone, ("dpo instruct model", "sft before dpo"), "dpo_after_sft"),
    "few_examples": (_few_examples, ("insufficient data", "small sets", "tiny"), "quality_first"),
    "overfitting": (_overfitting, ("overfit",), "memorising"),
    "chat_template": (_chat_template, ("chat template",), "template"),
    "end_token": (_end_token, ("pad_token", "eos"), "pad_token"),
    "new_tokens": (_new_tokens, ("special tokens", "modules_to_save"), "new_tokens"),
    "float32": (_float32, ("float32",), "float32"),
    "merge": (_merge, ("merging adapter", "merge adapter"), "merge"),
    "contamination": (_contamination, ("contamination", "leakage"), "contamination"),
    "personal_data": (_personal_data, ("pii", "personal data"), "personal_data"),
    "unverified": (_unverified, ("human verified", "quality quantity"), "quality_first"),
    "wrong_answers": (_wrong_answers, ("accuracy", "quality quantity"), "quality_first"),
    "inconsistent": (_inconsistent, ("consistency", "consistent"), "quality_first"),
    "coverage": (_coverage, ("diversity", "coverage examples"), "quality_first"),
    "synthetic": (_synthetic, ("synthetic data", "model collapse"), "quality_first"),
    "pairs_unknown": (_pairs_unknown, ("on-policy pairs", "preference data quality"), "own_pairs"),
    "length": (_length, ("context length", "sequence length"), "length"),
    "cut": (_cut, ("truncate", "truncates"), "length"),
    "dpo_rate": (_dpo_rate, ("dpo learning rates",), ""),
    "forgetting": (_forgetting, ("forgetting",), "memorising"),
}
"""Each risk: its check, what the evidence calls it, and the built-in source where the evidence is silent."""


def _machine_risks(facts: PlanFacts, evidence: Mapping[str, Evidence], room: Room) -> list[RiskNote]:
    found: list[RiskNote] = []
    batches = {"sft": facts.batch_size or 1, "dpo": facts.dpo_batch_size or 1}
    length = facts.max_length or 2048
    fits = [room.fit(facts.method or "qlora", (stage,), length, batches[stage]) for stage in facts.stages]
    for fit in [fit for fit in fits if fit is not None and not fit.fits][:1]:
        detail = say(
            "risk.memory.detail", method=fit.method, model=_model(facts), needed=number(fit.needed_gib),
            usable=number(fit.usable_gib),
        )  # fmt: skip
        found.append(_note("memory", detail, evidence, ("vram", "gpu memory")))
    if room.card is not None and not room.card.bf16:
        detail = say("risk.float16.detail", gpu=room.card.name)
        found.append(_note("float16", detail, evidence, ("fp16",)))
    return found
