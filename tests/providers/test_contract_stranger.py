"""The shared suite, asked of a stranger's provider: the example of the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from number_insight.exceptions import Busy, NoAnswer, Uncertain
from number_insight.providers import personas
from number_insight.providers.base import Provider
from number_insight.providers.personas import ANSWERED, Persona, persona_for
from tests.providers.contract import ProviderContract

PAGE = Path(__file__).parents[2] / "docs" / "write_a_provider.md"
HTTP_OF_FAULT = {"503": 503, "302": 302, "307": 307, "500": 500, "502": 502}


class HouseService(BaseHTTPRequestHandler):
    """The service of the page: it speaks in words of its own, and of the same personas."""

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        persona = persona_for(document["number"])
        if persona.fault in ("", "html", "empty", *HTTP_OF_FAULT):
            status, body = self._answer(document["number"], persona)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        self.close_connection = True

    def _answer(self, number: str, persona: Persona) -> tuple[int, bytes]:
        if persona.fault:
            return HTTP_OF_FAULT.get(persona.fault, 200), b"<html>"
        if persona.status not in ANSWERED:
            return 404, b"{}"
        insight = personas.answer(number, "standard")
        carrier = insight.current_carrier
        told = {"kind": insight.line_type, "country": insight.country}
        return 200, json.dumps({**told, "operator": carrier and carrier.name}).encode()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), HouseService)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v2"
    server.shutdown()
    server.server_close()


def example() -> type[Provider]:
    """Return the class that the page shows, made from its text."""
    namespace: dict[str, Any] = {"__name__": "shop.providers"}
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    exec(compile(code, str(PAGE), "exec"), namespace)
    found: type[Provider] = namespace["HouseNumbers"]
    return found


class TestStranger(ProviderContract):
    troubles: ClassVar[Any] = {
        **{"90": Busy, "93": NoAnswer},
        **dict.fromkeys(("82", "83", "84", "85", "86", "87", "88"), Uncertain),
    }
    tells: ClassVar[Any] = {**ProviderContract.tells, "carrier": ()}

    @pytest.fixture
    def provider(self, house: str) -> Provider:
        return example()(base_url=house)  # type: ignore[call-arg]


def test_the_example_checks_its_url() -> None:
    assert [fault.id for fault in example()(base_url="http://example.com").check()] == ["E011"]  # type: ignore[call-arg]
