"""axe-core: WCAG 2.2 A and AA, as a list of what a person would have to mend."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]      # all that axe finds elsewhere does not depend on the scheme
DARK = "matchMedia('(prefers-color-scheme: dark)').matches"


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule; in the dark by the rules of colours alone, since each page is
    looked at in the light, too."""
    rules = {"type": "rule", "values": OF_COLOURS} if page.evaluate(DARK) else {"type": "tag", "values": TAGS}
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{item['id']} ({item['impact']}): {' '.join(map(str, node['target']))}" for item in found
            for node in item["nodes"]]
