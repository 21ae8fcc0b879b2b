"""`up` warns where an app could set cookies for the dashboard, and only there."""

import pytest

from cli import sites


def values(url, apps):
    return {"PUBLIC_URL": url, "APPS_DOMAIN": apps}


@pytest.mark.parametrize("url, apps, domain", [
    ("https://ci.example.com", "example.com", "example.com"), ("https://example.com", "apps.example.com", "example.com"),
    ("https://CI.Example.com:8443/", "Apps.example.COM.", "example.com"),
    ("https://ci.firm.co.uk", "apps.firm.co.uk", "firm.co.uk")])
def test_a_shared_domain_is_warned_of_with_what_to_set(url, apps, domain):
    warning = sites.shared(values(url, apps))
    assert f"share the domain {domain}," in warning and "Set APPS_DOMAIN or PUBLIC_URL in .env" in warning


@pytest.mark.parametrize("url, apps", [
    ("", "localhost"), ("http://127.0.0.1:5000", "localhost"), ("http://10.0.0.1", "10.0.0.1"),
    ("https://ci.example.com", "localhost"), ("https://ci.example.com", "example-apps.com"),
    ("https://ci.one.co.uk", "two.co.uk"), ("http://[::1]:5000", "localhost")])
def test_separate_domains_are_not_warned_of(url, apps):
    assert sites.shared(values(url, apps)) is None


def test_the_dashboards_host_is_the_one_of_its_address():
    assert sites.dashboard_host(values("https://CI.example.com:8443/x", "localhost")) == "ci.example.com"
    assert sites.dashboard_host(values("", "localhost")) == "localhost"
