"""A registry whose certificate is not of our authority gets no token."""

import pytest

from common.wire.contracts import ImageRef
from common.wire.errors import Failure
from scanner.errors import RegistryError
from scanner.registry import Registry
from tests.harness.tls import serving

IMAGE = ImageRef(repository="apps/a/b", digest="sha256:" + "0" * 64)


def test_our_own_authority_is_trusted_and_no_other(tmp_path):
    with serving(tmp_path / "ours") as (url, ca, seen), serving(tmp_path / "other") as (_, other, _):
        with pytest.raises(RegistryError, match="does not answer"):
            Registry(url, str(other), lambda name: "secret").image(IMAGE)
        assert seen == []
        with pytest.raises(Failure, match="no longer in the registry"):
            Registry(url, str(ca), lambda name: "secret").image(IMAGE)
        assert seen == ["Bearer secret"]
