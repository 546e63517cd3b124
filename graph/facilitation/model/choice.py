"""Which chat model a conversation uses: `PROVIDER:NAME`, checked before the first question."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from ...texts import text
from .choice_error import ModelChoiceError
from .failures import ModelFailedError, failure_of

MODEL_VARIABLE = "FINE_TUNING_MODEL"
"""The environment variable that names a model where no option does."""
BASE_URL_VARIABLE = "FINE_TUNING_MODEL_BASE_URL"
"""The address of any endpoint that speaks the OpenAI protocol."""

_PACKAGE = "fine-tuning-specialist"
_CHECK_SECONDS = 30.0
_KEYLESS = "no-key-needed"


@dataclass(frozen=True)
class Provider:
    """What one provider needs."""

    name: str
    """As LangChain's `init_chat_model` calls it."""
    module: str
    extra: str
    key: str = ""
    """The environment variable of its key; empty where it needs none."""


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("openai", "langchain_openai", "openai", "OPENAI_API_KEY"),
    "anthropic": Provider("anthropic", "langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    "google": Provider("google_genai", "langchain_google_genai", "google", "GOOGLE_API_KEY"),
    "google_genai": Provider("google_genai", "langchain_google_genai", "google", "GOOGLE_API_KEY"),
    "ollama": Provider("ollama", "langchain_ollama", "ollama"),
}


@dataclass(frozen=True)
class ModelChoice:
    """A model by provider and name, with the endpoint where it isn't the provider's own."""

    provider: Provider
    name: str
    base_url: str = ""

    @property
    def spec(self) -> str:
        """`PROVIDER:NAME`, as it is given on the command line."""
        return f"{self.provider.extra}:{self.name}"

    def __str__(self) -> str:
        """For people: with the endpoint where it isn't the provider's own."""
        return self.spec + (f" at {self.base_url}" if self.base_url else "")


def choose_model(option: str | None, environ: Mapping[str, str] | None = None) -> ModelChoice | None:
    """The model that is asked for; None where none is, which means guided mode.

    Args:
        option: `PROVIDER:NAME` from the command line, which wins over the environment.
        environ: The environment; the process's own by default.

    Raises:
        ModelChoiceError: The text names no provider or no model.
    """
    environ = os.environ if environ is None else environ
    chosen = (option or environ.get(MODEL_VARIABLE, "")).strip()
    base_url = environ.get(BASE_URL_VARIABLE, "").strip()
    if not chosen:
        return None
    prefix, colon, name = chosen.partition(":")
    if base_url and (not colon or prefix not in PROVIDERS):
        prefix, name = "openai", chosen
    elif not colon or not name.strip():
        raise ModelChoiceError(
            *_said("form", chosen=chosen, providers=", ".join(sorted({p.extra for p in PROVIDERS.values()})))
        )
    if prefix not in PROVIDERS:
        raise ModelChoiceError(
            *_said("provider", chosen=prefix, providers=", ".join(sorted({p.extra for p in PROVIDERS.values()})))
        )
    return ModelChoice(PROVIDERS[prefix], name.strip(), base_url)


def open_model(choice: ModelChoice, environ: Mapping[str, str] | None = None) -> BaseChatModel:
    """The chat model, not yet called.

    Raises:
        ModelChoiceError: Its package or its key is missing, or its settings are refused.
    """
    environ = os.environ if environ is None else environ
    provider = choice.provider
    if find_spec("langchain") is None or find_spec(provider.module) is None:
        missing = provider.module if find_spec("langchain") else "langchain"
        raise ModelChoiceError(
            *_said("package", missing=missing.replace("_", "-"), package=_PACKAGE, extra=provider.extra)
        )
    key = environ.get(provider.key, "") if provider.key else ""
    if provider.key and not key and not choice.base_url:
        raise ModelChoiceError(*_said("key", variable=provider.key, model=str(choice)))
    from langchain.chat_models import init_chat_model

    settings: dict[str, Any] = {}
    if provider.name in ("openai", "anthropic"):
        settings |= {"max_retries": 0, "timeout": 120}  # attempts are counted in one place, ours
    if provider.name == "openai":
        settings |= {"stream_usage": True, "api_key": key or _KEYLESS}
    if choice.base_url:
        settings["base_url"] = choice.base_url
    try:
        model = init_chat_model(choice.name, model_provider=provider.name, **settings)
    except (ValueError, ImportError) as error:  # pydantic's errors are ValueErrors
        raise ModelChoiceError(
            *_said("settings", model=str(choice), reason=str(error).splitlines()[0][:200])
        ) from error
    if not isinstance(model, BaseChatModel):
        raise ModelChoiceError(*_said("settings", model=str(choice), reason="it is no chat model"))
    return model


async def check_model(model: BaseChatModel, choice: ModelChoice, seconds: float = _CHECK_SECONDS) -> None:
    """Make one tiny call, so that a wrong name, key or address shows before the conversation begins.

    Raises:
        ModelChoiceError: The call failed; says what to do about it.
    """
    try:
        async with asyncio.timeout(seconds):
            await model.ainvoke([HumanMessage("Reply with the one word OK.")])
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        raise _unusable(failure, choice) from error


def _unusable(failure: ModelFailedError, choice: ModelChoice) -> ModelChoiceError:
    where = choice.base_url or choice.provider.extra
    return ModelChoiceError(
        *_said(
            f"check_{failure.kind}",
            model=str(choice),
            name=choice.name,
            where=where,
            key_variable=choice.provider.key or "the key",
            variable=BASE_URL_VARIABLE,
        )
    )


def _said(phrase: str, **values: str) -> tuple[str, str]:
    """Problem and remedy, which stand on two lines of one phrase."""
    problem, _, remedy = text("model_choice", phrase, **values).partition("\n")
    return problem, remedy
