"""A run with its journal: the step as it is executed when everything that enters it is written down."""

from langchain_core.language_models import BaseChatModel

from ..documenting.store import DiskStore
from ..knowledge.client import Knowledge
from ..runs.records import RunRecord
from ..runs.store import RunStore
from .journal import Journal
from .recording import JournallingKnowledge, JournallingStore
from .table import JournalTable


async def journal_table(store: RunStore) -> JournalTable:
    """The table of the journals in an open store."""
    table = JournalTable(store.sql)
    await table.setup()
    return table


async def open_journal(store: RunStore, run: RunRecord) -> Journal:
    """The journal of a run whose lease the caller holds."""
    return await Journal.open(await journal_table(store), run.name)


def journalled_model(model: BaseChatModel | None, journal: Journal) -> BaseChatModel | None:
    """A chat model whose calls are written down; None where there is none."""
    if model is None:
        return None
    from .journalled_model import JournallingModel
    from .model_calls import as_chat_model

    return as_chat_model(JournallingModel(model, journal))


def journalled(knowledge: Knowledge, journal: Journal) -> tuple[JournallingKnowledge, JournallingStore]:
    """The edges of a step whose run is journalled: its knowledge base, and where its files go."""
    return JournallingKnowledge(knowledge, journal), JournallingStore(DiskStore(), journal)
