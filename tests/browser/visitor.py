"""A person with a browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from tests.browser.addresses import without_host


class Visitor:
    """One browser profile; `page` is its tab. On leaving it fails if the console told of an error."""

    def __init__(self, chromium: Browser, url: str, **options):
        self.url = url.replace("127.0.0.1", "localhost")
        self.context = chromium.new_context(base_url=self.url, **options)
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind, *_) -> None:
        self.context.close()
        unexpected = [text for text in self.problems if "Failed to load resource" not in text]
        assert kind is not None or unexpected == []

    def sign_in(self, login: str, password: str) -> None:
        self.page.goto("/signin")
        self.page.get_by_label("Name").fill(login)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/repos")

    @property
    def path(self) -> str:
        return without_host(self.page.url)
