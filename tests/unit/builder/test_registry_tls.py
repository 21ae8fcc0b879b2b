"""A registry whose certificate is not of our authority gets no token."""

import pytest

from builder.registry import Registry
from common.wire.errors import ServiceDown
from tests.harness.tls import serving


def test_our_own_authority_is_trusted_and_no_other(tmp_path):
    with serving(tmp_path / "ours") as (url, ca, seen), serving(tmp_path / "other") as (_, other, _):
        with pytest.raises(ServiceDown, match="certificate verify failed"):
            Registry(url, other).remove("apps/a/b", "sha256:x", "secret")
        assert seen == []
        Registry(url, ca).remove("apps/a/b", "sha256:x", "secret")
        assert seen == ["Bearer secret"]
