"""Why the engine did not pull an image: it is gone, or we may not, which are told apart."""

import pytest

from common.wire.contracts import ImageRef
from common.wire.errors import Failure, StageError
from deployer.images import _reason

IMAGE = ImageRef(repository="apps/a/b", digest="sha256:" + "0" * 64)


@pytest.mark.parametrize("text", ["manifest unknown: manifest unknown", "name unknown: repository name not known to registry"])
def test_an_image_that_is_gone_is_built_again(text):
    assert isinstance(_reason(IMAGE, text), Failure)


def test_a_refusal_does_not_say_that_the_image_is_gone():
    told = _reason(IMAGE, "pull access denied for 127.0.0.1:5001/apps/a/b, repository does not exist or may require "
                          "'docker login': denied: requested access to the resource is denied")
    assert isinstance(told, StageError) and "pull access denied" in str(told)
