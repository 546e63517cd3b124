"""Which model is chosen, and what is said when it cannot be used."""

import pytest

from fine_tuning_specialist.facilitation.model.choice import choose_model, open_model
from fine_tuning_specialist.facilitation.model.choice_error import ModelChoiceError

URL = {"FINE_TUNING_MODEL_BASE_URL": "http://127.0.0.1:8000/v1"}


@pytest.mark.parametrize(
    ("option", "environ", "chosen"),
    [
        ("openai:gpt-5-mini", {}, ("openai", "gpt-5-mini", "")),
        (None, {"FINE_TUNING_MODEL": "anthropic:claude-x"}, ("anthropic", "claude-x", "")),
        ("ollama:qwen3:8b", {"FINE_TUNING_MODEL": "openai:other"}, ("ollama", "qwen3:8b", "")),
        ("google:gemini-x", {}, ("google_genai", "gemini-x", "")),
        ("Qwen/Qwen3-8B", URL, ("openai", "Qwen/Qwen3-8B", URL["FINE_TUNING_MODEL_BASE_URL"])),
        ("qwen3:8b", URL, ("openai", "qwen3:8b", URL["FINE_TUNING_MODEL_BASE_URL"])),
    ],
)
def test_the_option_wins_over_the_environment(
    option: str | None, environ: dict[str, str], chosen: tuple[str, str, str]
) -> None:
    choice = choose_model(option, environ)
    assert choice is not None
    assert (choice.provider.name, choice.name, choice.base_url) == chosen


def test_without_a_choice_there_is_no_model() -> None:
    assert choose_model(None, {}) is None
    assert choose_model("", {"FINE_TUNING_MODEL": " "}) is None


@pytest.mark.parametrize(
    ("option", "said"),
    [("gpt-5", "names no model"), ("openai:", "names no model"), ("acme:x", "There is no provider “acme”")],
)
def test_what_names_no_model_is_refused_with_a_remedy(option: str, said: str) -> None:
    with pytest.raises(ModelChoiceError, match=said) as caught:
        choose_model(option, {})
    assert "providers" in caught.value.remedy.casefold()


def test_a_missing_package_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fine_tuning_specialist.facilitation.model.choice.find_spec", lambda _: None)
    choice = choose_model("anthropic:claude-x", {})
    assert choice is not None
    with pytest.raises(ModelChoiceError, match=r'pip install "fine-tuning-specialist\[anthropic\]"'):
        open_model(choice, {})


def test_a_missing_key_is_said_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fine_tuning_specialist.facilitation.model.choice.find_spec", lambda _: object())
    choice = choose_model("openai:gpt-x", {})
    assert choice is not None
    with pytest.raises(ModelChoiceError, match="OPENAI_API_KEY is not set"):
        open_model(choice, {})
