"""The seven images: what they have in common is written once, in common/Dockerfile."""

from collections import Counter

import pytest

from cli.instance import ROOT
from tests.figures.structure import SERVICES

COMMON = {"COPY --chmod=755 common common", "USER 10001:10001"}      # after what changes less often; the last before CMD


def instructions(service: str) -> list[str]:
    """Each with its continued lines; no comments."""
    lines = [line for line in (ROOT / service / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_it_begins_with_the_base_and_installs_its_own_packages_alone(service):
    lines = instructions(service)
    assert "FROM ${BASE_IMAGE}" in lines
    assert [line for line in lines if "pip install" in line and f"-r {service}/requirements.txt" not in line
            and "npm/requirements.txt" not in line] == []


def test_no_instruction_is_in_all_seven():
    counts = Counter(line for service in SERVICES for line in set(instructions(service)))
    assert {line for line, count in counts.items() if count == len(SERVICES)} == COMMON | {"ARG BASE_IMAGE", "FROM ${BASE_IMAGE}"}
