"""Every verb has help and stands in the documentation with an example."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from pipeline.cli import build_parser, main
from pipeline.settings import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text()


def verbs(parser: argparse.ArgumentParser, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(verb, help) of every leaf of the command line."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                nested = [a for a in child._actions if isinstance(a, argparse._SubParsersAction)]
                if nested:
                    yield from verbs(child, f"{prefix}{name} ")
                else:
                    yield f"{prefix}{name}", child.description or ""


VERBS = list(verbs(build_parser()))


def test_there_are_verbs() -> None:
    assert len(VERBS) >= 17


@pytest.mark.parametrize(("verb", "text"), VERBS)
def test_verb_is_documented(verb: str, text: str) -> None:
    assert len(text) > 15
    assert f"| `{verb}` | `second-opinion {verb}" in PAGE


@pytest.mark.parametrize(("verb", "text"), VERBS)
def test_verb_has_help(verb: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_a_wrong_call_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["receive"])
    assert ended.value.code == 2
    assert "required" in capsys.readouterr().err
