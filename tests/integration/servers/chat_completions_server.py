"""A server on this machine that speaks the OpenAI chat-completions protocol and behaves as a script says.

`python chat_completions_server.py --script FILE --record FILE` prints its base URL. The script is a JSON object: an
operation (see `OPERATIONS`) → one behaviour, or a list of them used in turn, whose last one is used again and again. A
behaviour is text, an object that is sent as JSON text, or an object with one of these keys:

    say: TEXT               text, streamed where that is asked for
    tools: [{name, arguments}]   calls of tools
    status: NUMBER          that HTTP status, with `retry_after` where given
    truncated: TEXT         a stream that ends cleanly without its finish reason
    dropped: TEXT           a connection that is cut in the middle of the stream
    slow: SECONDS           nothing for so long
    malformed: true         a body that is no JSON
    refusal: TEXT           a refusal
    by_reply: {TEXT: …}     by a text that the user's reply holds: another behaviour

Each request is appended to the record as one JSON line.
"""

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OPERATIONS = {
    "advise": "Write what the specialist says before that question",
    "answer": "the user asks instead of answering",
    "interpret": "Say what the reply means",
    "critical": "read it before advising, and report",
    "extract": "List what these documents state",
}
DEFAULTS: dict[str, Any] = {
    "advise": "This project is particular.",
    "answer": "That is so.",
    "critical": {"findings": []},
    "extract": {"facts": []},
    "check": "OK",
    "interpret": {"kind": "unclear", "clarification": "Which one do you mean?"},
}
NOTHING: dict[str, Any] = {
    "accept_rest": False,
    "unknown": [],
    "command": None,
    "question": None,
    "owner_step": None,
    "corrections": [],
    "findings": [],
    "clarification": None,
    "fields": {},
}
KEYS = {"say", "tools", "status", "truncated", "dropped", "slow", "malformed", "refusal", "by_reply"}
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110, "cost": 0.001}
MODEL = "scripted-model"
PIECE = 9


class Script:
    """What the server does next, by operation."""

    def __init__(self, path: Path, record: Path) -> None:
        self._path = path
        self._record = record
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def next(self, operation: str, prompt: str) -> Any:
        script = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        said = script.get(operation, DEFAULTS[operation])
        with self._lock:
            if isinstance(said, list):
                number = self._used.get(operation, 0)
                self._used[operation] = number + 1
                said = said[min(number, len(said) - 1)]
        if isinstance(said, dict) and "by_reply" in said:
            said = next((value for text, value in said["by_reply"].items() if text in prompt), DEFAULTS[operation])
        return said

    def keep(self, request: dict[str, Any]) -> None:
        with self._lock, self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(request) + "\n")


class Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = "\n".join(_text(message.get("content")) for message in body["messages"][1:])
        operation = next((name for name, mark in OPERATIONS.items() if mark in prompt), "check")
        self.script.keep(
            {
                "path": self.path,
                "operation": operation,
                "stream": bool(body.get("stream")),
                "format": (body.get("response_format") or {}).get("type", ""),
                "tools": [tool["function"]["name"] for tool in body.get("tools", [])],
                "roles": [message["role"] for message in body["messages"]],
                "beginning": _text(body["messages"][0].get("content"))[:3000],
                "prompt": prompt,
            }
        )
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": {"message": "no such path"}})
        elif body["model"] != MODEL:
            self._send(
                404, {"error": {"message": f"The model `{body['model']}` does not exist", "code": "model_not_found"}}
            )
        elif self.headers.get("authorization") == "Bearer wrong-key":
            self._send(401, {"error": {"message": "Incorrect API key"}})
        else:
            self._behave(self.script.next(operation, prompt), operation, stream=bool(body.get("stream")))

    def _behave(self, said: Any, operation: str, *, stream: bool) -> None:
        behaviour = said if isinstance(said, dict) and set(said) & KEYS else {"say": said}
        if "slow" in behaviour:
            time.sleep(behaviour["slow"])
        if "status" in behaviour:
            headers = {"retry-after": str(behaviour["retry_after"])} if "retry_after" in behaviour else {}
            self._send(behaviour["status"], {"error": {"message": "scripted"}}, headers)
        elif "malformed" in behaviour:
            self._raw(b"<html>this is no JSON</html>", "text/html")
        elif "refusal" in behaviour:
            finish = "content_filter" if stream else "stop"
            self._reply({"refusal": behaviour["refusal"], "content": None}, stream=stream, finish=finish)
        elif "tools" in behaviour:
            calls = [
                {
                    "id": f"call_{number}",
                    "type": "function",
                    "index": number,
                    "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
                }
                for number, call in enumerate(behaviour["tools"])
            ]
            self._reply({"content": None, "tool_calls": calls}, stream=stream, finish="tool_calls")
        elif "truncated" in behaviour or "dropped" in behaviour:
            self._broken(behaviour)
        else:
            text = behaviour.get("say", "")
            if isinstance(text, dict):
                text = json.dumps({**NOTHING, **text} if operation == "interpret" else text)
            self._reply({"content": text}, stream=stream)

    def _reply(self, message: dict[str, Any], *, stream: bool, finish: str = "stop") -> None:
        if not stream:
            for call in message.get("tool_calls", []):
                call.pop("index")
            choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
            self._send(
                200,
                {
                    "id": "1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": MODEL,
                    "choices": [choice],
                    "usage": USAGE,
                },
            )
            return
        self._begin_stream()
        text = message.get("content") or ""
        for start in range(0, len(text), PIECE):
            self._event({"delta": {"content": text[start : start + PIECE]}})
        rest = {key: value for key, value in message.items() if key != "content" and value}
        if rest:
            self._event({"delta": rest})
        self._event({"delta": {}, "finish_reason": finish})
        self._event(None, usage=USAGE)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _broken(self, behaviour: dict[str, Any]) -> None:
        self._begin_stream()
        self._event({"delta": {"role": "assistant", "content": behaviour.get("truncated") or behaviour["dropped"]}})
        if "truncated" in behaviour:
            self._chunk(b"")
        self.close_connection = True

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _event(self, choice: dict[str, Any] | None, usage: Any = None) -> None:
        choices = [{"index": 0, "finish_reason": None, **choice}] if choice is not None else []
        payload = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": MODEL,
            "choices": choices,
            "usage": usage,
        }
        self._chunk(f"data: {json.dumps(payload)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send(self, status: int, payload: Any, headers: dict[str, str] | None = None) -> None:
        self._raw(json.dumps(payload).encode(), "application/json", status, headers)

    def _raw(self, body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True)
    arguments = parser.parse_args()
    Handler.script = Script(arguments.script, arguments.record)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
