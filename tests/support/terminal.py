"""One program in a pseudo-terminal, as a person sits before it."""

import re
import sys

import pexpect

SECONDS = 30
PROMPT = "> "


class Terminal:
    """A window of 40 lines and 80 columns."""

    def __init__(self, program: list[str], environment: dict[str, str]) -> None:
        self.child = pexpect.spawn(
            sys.executable, program, env=environment, encoding="utf-8", timeout=SECONDS, dimensions=(40, 80)
        )

    def sees(self, words: str) -> None:
        """Wait for words, whatever formatting stands between them."""
        self.child.expect(r"(?:\x1b\[[0-9;?]*[a-zA-Z]|\s)*".join(re.escape(word) for word in words.split()))

    def is_asked(self, words: str) -> None:
        """Wait for a question and the prompt after it."""
        self.sees(words)
        self.child.expect(PROMPT)

    def types(self, keys: str) -> None:
        """Press these keys."""
        self.child.send(keys)

    def leaves(self) -> tuple[int, str]:
        """Wait for the end; the exit code and what was shown last."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus, str(self.child.before)
