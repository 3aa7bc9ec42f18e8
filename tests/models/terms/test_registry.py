"""The entries that come with Sterling, and a user's own."""

import json
from pathlib import Path

import pytest
from tests.models.terms.examples import ENTRY

from sterling.errors import InputError
from sterling.models import Endpoint
from sterling.models.terms import Served, candidates, lookup, registry, shipped


def test_nobody_has_reviewed_ours_for_anybody() -> None:
    assert len(shipped()) >= 15
    for one in shipped().values():
        assert (one.reviewer, one.reviewed, one.document.digest) == (None, None, None)
        assert one.sources, one.id
        assert all(use.held is None for use in one.uses.values())


SPOKEN_OF = {
    ("Qwen/Qwen3-32B", "http://localhost:8000/v1"): ["qwen3-apache-2.0"],
    ("qwen3:8b", "http://gpu-box:11434/v1"): ["qwen3-apache-2.0"],
    ("qwen3-max", "http://localhost:8000/v1"): [],
    ("qwen3-32b", "https://api.example.com/v1"): [],
    ("openai/gpt-oss-20b", "http://localhost:8000/v1"): ["gpt-oss-apache-2.0"],
    ("gpt-oss-20b", "https://api.openai.com/v1"): ["openai-services"],
    ("gpt-4o-2024-08-06", "https://api.openai.com/v1"): ["openai-services"],
    ("gpt-4o", "http://localhost:4000"): [],
    ("claude-sonnet-4-5", "https://api.anthropic.com/v1"): ["anthropic-commercial"],
    ("gemini-2.5-pro", "https://generativelanguage.googleapis.com/v1beta/openai"): ["gemini-api"],
    ("mistral-small-latest", "https://api.mistral.ai/v1"): ["mistral-commercial"],
    ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "http://localhost:8000/v1"): ["mistral-small-apache-2.0"],
    ("mistralai/Mistral-Small-Instruct-2409", "http://localhost:8000/v1"): [],
    ("deepseek-chat", "https://api.deepseek.com/v1"): ["deepseek-open-platform"],
    ("deepseek-ai/DeepSeek-R1-0528", "http://localhost:8000/v1"): ["deepseek-r1-mit"],
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "http://localhost:8000/v1"): ["deepseek-r1-mit"],
    ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "http://localhost:8000/v1"): [],
    ("microsoft/phi-4", "http://localhost:8000/v1"): ["phi-4-mit"],
    ("meta-llama/Meta-Llama-3-8B-Instruct", "http://localhost:8000/v1"): ["llama-3-community"],
    ("meta-llama/Llama-3.1-8B-Instruct", "http://localhost:8000/v1"): ["llama-3.1-community"],
    ("llama3.2:3b", "http://localhost:11434/v1"): ["llama-3.2-community"],
    ("accounts/x/models/llama-v3p3-70b", "http://localhost:8000/v1"): ["llama-3.3-community"],
    ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "http://localhost:8000/v1"): ["llama-4-community"],
    ("google/gemma-3-27b-it", "http://localhost:8000/v1"): ["gemma-terms"],
    ("google/gemma-3-4b-it", "http://localhost:8000/v1"): ["gemma-terms"],
    ("google/gemma-4-31b-it", "http://localhost:8000/v1"): ["gemma-4-apache-2.0"],
}


@pytest.mark.parametrize("asked", SPOKEN_OF, ids="@".join)
def test_which_entry_speaks_of_a_model(asked: tuple[str, str]) -> None:
    """By name and host: the same weights, served by somebody else, are under other terms."""
    model, address = asked
    assert candidates(Served.by(Endpoint(endpoint=address, model=model)), shipped()) == SPOKEN_OF[asked]


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_an_own_entry_stands_before_ours(tmp_path: Path) -> None:
    own = ENTRY | {"id": "qwen3-apache-2.0"}
    put(tmp_path / "t", "qwen3-apache-2.0.yaml", json.dumps(own))
    folder = put(tmp_path / "t", "house.yaml", json.dumps(ENTRY))
    known = registry(folder)
    assert known["qwen3-apache-2.0"].provider == "Example Ltd"
    assert known.keys() == shipped().keys() | {"house"}
    assert list(known) == sorted(known)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("house.yaml", "{", "house.yaml: is no YAML"),
        ("house.yaml", "id: house", "house.yaml: provider: Field required"),
        ("other.yaml", json.dumps(ENTRY), "other.yaml: its id is `house`\n  mend: call the file house.yaml"),
        ("house.yaml", json.dumps(ENTRY | {"reviewed": None}), "come together"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        registry(put(tmp_path / "t", name, text))
    assert message in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder of terms") as caught:
        registry(tmp_path / "none")
    assert caught.value.mend is not None
    assert "sterling terms review" in caught.value.mend


def test_an_unknown_id_gets_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        lookup("qwen3-apache", shipped())
    assert str(caught.value) == (
        "there are no terms `qwen3-apache`\n  mend: did you mean `qwen3-apache-2.0`? `sterling terms` lists all"
    )
