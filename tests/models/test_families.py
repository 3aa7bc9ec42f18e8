"""Whose model it is, and who taught it."""

import re
from pathlib import Path

import pytest

from sterling.errors import InputError
from sterling.models import Endpoint, depth_of, families, lineage

KNOWN = [
    ("gpt-4o-mini-2024-07-18", "openai", 0),
    ("openai/gpt-oss-120b", "openai", 0),
    ("o3-mini", "openai", 0),
    ("us.anthropic.claude-3-haiku-20240307-v1:0", "claude", 0),
    ("claude-opus-4-1", "claude", 0),
    ("google/gemma-3-27b-it", "gemini", 1),
    ("gemini-2.5-pro", "gemini", 0),
    ("accounts/fireworks/models/llama-v3p1-8b-instruct", "llama", 0),
    ("meta-llama/Llama-3.2-1B-Instruct", "llama", 1),
    ("Qwen/Qwen2.5-72B-Instruct", "qwen", 0),
    ("qwen3-32b", "qwen", 0),
    ("qwen3:8b", "qwen", 1),
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mistral", 0),
    ("deepseek-ai/DeepSeek-R1", "deepseek", 0),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek qwen", 1),
    ("unsloth/DeepSeek-R1-Distill-Llama-70B-GGUF", "deepseek llama", 1),
    ("deepseek-r1:14b", "deepseek qwen", 1),
    ("deepseek-r1:671b", "deepseek", 0),
    ("lmsys/vicuna-13b-v1.5", "llama openai", 1),
    ("microsoft/phi-4", "openai phi", 1),
    ("microsoft/Phi-4-reasoning-plus", "openai phi", 2),
    ("microsoft/Phi-4-mini-reasoning", "deepseek openai phi", 2),
    ("HuggingFaceH4/zephyr-7b-beta", "mistral openai", 1),
    ("cognitivecomputations/dolphin-2.9-llama3-8b", "llama openai", 1),
    ("bespokelabs/Bespoke-MiniCheck-7B", "internlm llama", 1),
    ("nvidia/Llama-3.1-Nemotron-70B-Instruct", "llama nemotron", 0),
    ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", "deepseek llama nemotron qwen", 1),
    ("HuggingFaceTB/SmolLM3-3B", "deepseek qwen smollm", 1),
    ("EleutherAI/gpt-neox-20b", "pythia", 0),
    ("command-r-plus", "cohere", 0),
    ("01-ai/Yi-34B-Chat", "yi", 0),
    ("allenai/OLMo-2-1124-7B-Instruct", "claude olmo openai", 1),
    ("moonshotai/Kimi-K2-Instruct", "kimi", 0),
    ("zai-org/GLM-4.6", "glm", 0),
    ("MiniMaxAI/MiniMax-M2", "minimax", 0),
    ("amazon.nova-pro-v1:0", "nova", 0),
    ("grok-4", "grok", 0),
    ("ibm-granite/granite-3.3-8b-instruct", "granite", 0),
    ("prod-2", "", 0),
    ("my-supernova", "", 0),
    ("", "", 0),
]


@pytest.mark.parametrize(("name", "expected", "depth"), KNOWN, ids=str)
def test_a_name_tells_its_lineage(name: str, expected: str, depth: int) -> None:
    assert lineage(name) == frozenset(expected.split())
    assert depth_of(name) == depth


def endpoint(model: str, **options: object) -> Endpoint:
    return Endpoint.model_validate({"endpoint": "http://x/v1", "model": model, **options})


def test_a_recipe_may_say_more_than_a_name_does() -> None:
    assert lineage(endpoint("prod-2", family="gpt")) == {"openai"}
    assert lineage(endpoint("prod-2", family="house")) == {"house"}
    assert lineage(endpoint("qwen-like", family="house")) == {"house"}
    student = endpoint("my-qwen2.5-student", distilled_from=["gpt-4o", "anthropic"])
    assert lineage(student) == {"qwen", "openai", "claude"}
    assert depth_of(student) == 1


def test_a_student_of_a_student_is_seen_as_such() -> None:
    stacked = endpoint("DeepSeek-R1-Distill-Qwen-7B", distilled_from=["claude"])
    assert lineage(stacked) == {"deepseek", "qwen", "claude"}
    assert depth_of(stacked) == 2
    assert depth_of(endpoint("DeepSeek-R1-Distill-Qwen-7B", distilled_from=["deepseek"])) == 1


def test_a_file_adds_families_and_students(tmp_path: Path) -> None:
    file = tmp_path / "families.yaml"
    file.write_text(
        "families:\n  house: {by: Us, aliases: [ours], names: ['prod-']}\n  qwen: {names: ['tongue']}\n"
        "distilled:\n  - {names: ['prod-2'], of: [llama], from: [claude, ours], source: we made it}\n"
    )
    try:
        families.load(file)
        families.load(file)
        assert lineage("prod-2") == {"house", "llama", "claude"}
        assert depth_of("prod-2") == 1
        assert lineage("tongue-1") == lineage("qwen2") == {"qwen"}
    finally:
        families.reset()
    assert lineage("prod-2") == frozenset()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("families: [a]", "families"),
        ("distilled: [{names: [x], from: [qwen]}]", "distilled.0.source"),
        ("families: {a: {names: ['(']}}", "no regular expression"),
        ("families: {a: {nmes: []}}", "families.a.nmes"),
        ("{", "no YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "families.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(says)):
        families.load(file)
    with pytest.raises(InputError, match="cannot be read"):
        families.load(tmp_path / "none.yaml")


def test_the_registry_speaks_of_families_that_it_knows() -> None:
    known = families.registry()
    assert len(known.families) >= 25
    named = {family for entry in known.distilled for family in (*entry.of, *entry.teachers)}
    assert named <= set(known.families)
    aliases = [alias for entry in known.families.values() for alias in entry.aliases]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(known.families)
