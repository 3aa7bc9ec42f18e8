import json
from collections.abc import Callable

from tests.policy.examples import ATTESTED

from sterling.policy import lint, render, render_headline, to_json
from sterling.recipes import Recipe

Make = Callable[..., Recipe]


def place(path: tuple[str | int, ...]) -> str:
    return f"recipe.yaml:{len(path)}"


def test_lines_for_a_terminal(recipe: Make) -> None:
    made = recipe(
        anchor=[ATTESTED | {"licence": None}],
        mix={"synthetic_cap": 0.5},
        waive=[{"rule": "mix.synthetic_cap", "because": "our A/B test", "by": "A. Person"}],
    )
    chosen = {"anchor.licence", "mix.synthetic_cap", "mix.anchor"}
    assert render([finding for finding in lint(made) if finding.rule in chosen], place) == (
        "UNMET  required    anchor.licence     recipe.yaml:2  the recipe does not say the licence of `tickets`\n"
        "       why: nobody can say what a release may be used for when one of its sources says nothing "
        "(Longpre et al., The Data Provenance Initiative, arXiv 2310.16787)\n"
        "       mend: add `licence:` with an SPDX identifier, or `proprietary` for data of your own\n"
        "waived high        mix.synthetic_cap  recipe.yaml:2  synthetic data may be 50% of the mix, in tokens; "
        "fine-tuning allows 30%\n"
        "       waived by A. Person: our A/B test\n"
        "met    critical    mix.anchor         recipe.yaml:1  real data from tickets is in the mix"
    )


def test_the_worst_comes_first(recipe: Make) -> None:
    made = recipe(purpose="fine-tuning", mix={"real": "exclude"}, release={}, anchor=[ATTESTED | {"licence": None}])
    order = [line.split()[1] for line in render(lint(made)).splitlines() if line.startswith("UNMET")]
    assert order == ["critical", "required", "high", "recommended"]


def test_nothing_to_say() -> None:
    assert render([]) == ""


def test_the_headline() -> None:
    assert render_headline("pretraining") == (
        "pretraining is judged by cross-entropy on held-out real text, overall and on its tail\n"
        "its main risk is recursion: each generation that replaces real text loses the types seen once, and does not "
        "get them back (Shumailov et al., Nature 631 (2024))\n"
        "its mix is by default at most 30% synthetic and at least 10% real"
    )


def test_json(recipe: Make) -> None:
    findings = lint(recipe(release={}))
    said = to_json(findings, place)
    assert json.loads(json.dumps(said)) == said
    assert len(said) == len(findings)
    assert said[0] == {
        "rule": "release.licence",
        "severity": "recommended",
        "status": "unmet",
        "what": "the release will carry no licence",
        "why": "whoever receives a data set without a licence may not use it, or does not know that he may not",
        "source": "Longpre et al., The Data Provenance Initiative, arXiv 2310.16787",
        "mend": "add `release: {licence: <SPDX identifier, or proprietary>}`",
        "path": ["release"],
        "where": "recipe.yaml:1",
        "waived_by": None,
        "waived_because": None,
        "holds_back": "run",
    }
