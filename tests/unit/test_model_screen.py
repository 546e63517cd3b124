"""What a terminal shows of a model's words while they arrive."""

import io

from fine_tuning_specialist.cli.plain_screen import PlainScreen
from fine_tuning_specialist.cli.rich_screen import RichScreen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_tokens_are_seen_as_they_arrive_and_vanish_before_the_whole_follows() -> None:
    out = Terminal()
    screen = RichScreen(out)
    with screen.working():
        screen.event({"event": "token", "text": "Your tick"})
        screen.event({"event": "token", "text": "ets [bold]matter\x1b[31m"})
        assert screen._status is not None
        assert "Your tickets [bold]matter" in str(screen._status.status)
        screen.event({"event": "token", "text": "", "restart": True})
        screen.event({"event": "token", "text": "Anew"})
        assert "tickets" not in str(screen._status.status)
    assert "\x1b[31m" not in out.getvalue()


def test_a_transcript_holds_only_the_whole() -> None:
    out = io.StringIO()
    screen = PlainScreen(out)
    screen.event({"event": "token", "text": "Your tick"})
    screen.event({"event": "message", "text": "Your tickets matter."})
    assert out.getvalue() == "Your tickets matter.\n\n"
