"""Which names branches and tags may have: those that `git check-ref-format --branch` accepts.

Such a name is no option, and is safe wherever it is data: an argument of its own, behind `refs/heads/` or after
`--end-of-options`; a quoted part of a URL; a parameter of SQL; escaped text of a page. Source: git-check-ref-format(1).
"""

from __future__ import annotations

import re

LONGEST = 1000          # characters; git's own limits are those of paths on disk
_NEVER = [(re.compile(rule), why) for rule, why in (
    (r"[\x00-\x20\x7f]", "a space or a control character"), (r"[~^:?*\[\\]", "one of ~ ^ : ? * [ \\"),
    (r"\.\.", '".."'), (r"@\{", '"@{"'), (r"//|^/|/$", "an empty part between slashes"),
    (r"^-", "a dash at its beginning"), (r"(^|/)\.", "a part that begins with a dot"),
    (r"\.lock(/|$)", 'a part that ends with ".lock"'),
    (r"\.$", "a dot at its end"), (r"^@$", '"@" alone'), (r"\ufffd|[\ud800-\udfff]", "bytes that are not UTF-8"))]


def why_not(name: str) -> str | None:
    """What `name` holds that no name of a branch or a tag holds; None: it can be one."""
    if not name or len(name) > LONGEST:
        return f"1 to {LONGEST} characters are possible" if name else "nothing"
    return next((why for rule, why in _NEVER if rule.search(name)), None)
