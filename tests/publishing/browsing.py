"""A page in Chromium: accessibility faults, requests, messages, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Seen:
    """What a browser saw of a page."""

    violations: list[str]
    requests: list[str]
    messages: list[str]
    scroll_width: int
    fonts: set[str]


def inspect(path: Path, chromium: str, width: int) -> Seen:
    """Open a page at a width, let axe look at it, and write down what it asked for."""
    requests: list[str] = []
    messages: list[str] = []
    address = path.as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.append(message.text))
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        result = Axe().run(page)
        seen = Seen(
            [f"{item['id']}: {item['help']}" for item in result.response["violations"]],
            [url for url in requests if url != address and not url.startswith("data:")],
            messages,
            page.evaluate("document.documentElement.scrollWidth"),
            set(page.evaluate("[...document.fonts].map(f => `${f.weight} ${f.status}`)")),
        )
        browser.close()
    return seen
