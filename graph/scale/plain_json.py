"""How DBOS keeps arguments and results: as JSON, so that nothing read from the database is ever executed."""

import json
from typing import Any

from dbos import Serializer  # type: ignore[import-not-found, unused-ignore]
from typing_extensions import override

from .turn import TurnFailedError

ERROR = "error"


class PlainJson(Serializer):
    """JSON in place of the pickles that are DBOS's default; an error is kept as its sentence."""

    @override
    def name(self) -> str:
        """Under which name the format is stored."""
        return "fine_tuning_json"

    @override
    def serialize(self, data: Any) -> str:
        """To JSON.

        Raises:
            TypeError: It holds something that JSON does not know.
        """
        if isinstance(data, BaseException):
            return json.dumps({ERROR: f"{type(data).__name__}: {data}"})
        return json.dumps({"data": data}, ensure_ascii=True)

    @override
    def deserialize(self, serialized_data: str) -> Any:
        """From JSON; what was an error comes back as a `TurnFailedError`."""
        kept = json.loads(serialized_data)
        if ERROR in kept:
            return TurnFailedError(str(kept[ERROR]), "")
        data = kept["data"]
        if isinstance(data, dict) and set(data) == {"args", "kwargs"}:
            return {"args": tuple(data["args"]), "kwargs": data["kwargs"]}
        return data
