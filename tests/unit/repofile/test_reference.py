"""docs/continuum-yml.md is the reference: what it shows is what the code takes, whole."""

import re
from pathlib import Path

import yaml
from pydantic import BaseModel

from common.wire.contracts import CommandCheck, HttpCheck, RepoConfig, WaiverConfig
from common.wire.repofile import parse

DOCUMENT = Path(__file__).parents[3] / "docs" / "continuum-yml.md"
WHOLE, ITEMS = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def keys(model: BaseModel) -> dict:
    return {name: keys(value) if isinstance(value, BaseModel) else None for name, value in model}


def shown(data: dict, like: dict) -> dict:
    return {key: shown(value, like[key]) if isinstance(like.get(key), dict) else None for key, value in data.items()}


def test_the_whole_file_shows_every_key_and_no_other():
    assert shown(yaml.load(WHOLE, Loader=yaml.BaseLoader), keys(RepoConfig())) == keys(RepoConfig())


def test_the_whole_file_shows_the_defaults():
    assert parse(WHOLE) == RepoConfig()


def test_the_items_show_every_key():
    items = yaml.load(ITEMS, Loader=yaml.BaseLoader)
    assert set(items["scan"]["waivers"][0]) == set(WaiverConfig.model_fields)
    assert set(items["test"]["http"][0]) == set(HttpCheck.model_fields)
    assert set(items["test"]["commands"][0]) == set(CommandCheck.model_fields)
    assert parse(ITEMS).test.http[0].within == 0.5
