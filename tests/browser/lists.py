"""Rows of lists, whose new ones wait behind a button."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def row_of(page: Page, run: int) -> Locator:
    """The run's row, let in where it waits."""
    row, parked = page.locator(f"#run-{run}"), page.locator("[data-parked] button:visible")
    expect(row.or_(parked).first).to_be_visible()
    if not row.is_visible():
        parked.click()
    expect(row).to_be_visible()
    return row
