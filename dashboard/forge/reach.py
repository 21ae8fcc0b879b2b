"""Does PUBLIC_URL lead here, for the person who asks and for a forge's webhooks? What is wrong, and what to do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from flask import current_app, request

from common.wire.addresses import is_private
from forges import Forge

FALLBACK = "pushes are found by comparing branch heads instead, every ten minutes"
FIRST, KEPT = timedelta(minutes=1), timedelta(days=29)      # a forge pings at once; deliveries are kept for 30 days


def problem(forge: Forge) -> str | None:
    """Why the forge's deliveries cannot arrive; None where nothing speaks against it."""
    settings = current_app.config["SETTINGS"]
    host = urlsplit(settings.public_url).hostname or ""
    if not is_private(host) or is_private(urlsplit(forge.address).hostname or ""):      # a forge on a private network may reach its neighbours
        return None
    return (f"{forge.title} cannot reach PUBLIC_URL={settings.public_url}, which is an address of this machine or of a private "
            f"network, so webhooks cannot arrive; {FALLBACK}. Set PUBLIC_URL in .env to an address on the internet and "
            "run ./continuum up for webhooks")


def silence(forge: Forge, made: str | None, last: str | None) -> str | None:
    """Why nothing came since the webhook was made, of which a forge at least sends a ping; None where something did, or it
    is too early or too late to tell. Both are times in ISO 8601."""
    age = datetime.now(timezone.utc) - datetime.fromisoformat(made) if made else None
    if age is None or not FIRST < age < KEPT:
        return None
    if last and datetime.fromisoformat(last) >= datetime.fromisoformat(made) - FIRST:      # a ping may be quicker than our note
        return None
    return (f"{forge.title}'s first delivery has not arrived: it may not reach PUBLIC_URL={current_app.config['SETTINGS'].public_url} "
            f"from outside. What it was answered stands at {forge.title}, in the repository's Settings, Webhooks, Recent "
            f"Deliveries; until deliveries arrive, {FALLBACK}")


def mismatch(forge: Forge) -> str | None:
    """The address that this person used is another than PUBLIC_URL: the forge would send people elsewhere."""
    public = current_app.config["SETTINGS"].public_url
    used = _used()
    if _origin(public) == _origin(used):
        return None
    return (f"You came by {used}, but .env says PUBLIC_URL={public}: {forge.title} would send people there after the sign-in. "
            f"Set PUBLIC_URL={used} in .env and run ./continuum up, or open {public}")


def _used() -> str:
    """A TLS proxy before us speaks HTTP to us: its people use https although we see http."""
    public = urlsplit(current_app.config["SETTINGS"].public_url)
    scheme = public.scheme if public.netloc == request.host else request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{scheme if scheme in ('http', 'https') else 'http'}://{request.host}"


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
