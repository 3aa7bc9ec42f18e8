import pytest

from sterling.release.licences import HUB_LICENCES, Licence, hub_licence, hub_licences


@pytest.mark.parametrize(
    ("spdx", "expected"),
    [
        ("Apache-2.0", Licence("apache-2.0")),
        ("MIT", Licence("mit")),
        ("CC-BY-SA-4.0", Licence("cc-by-sa-4.0")),
        ("GPL-3.0-only", Licence("gpl-3.0")),
        ("LGPL-2.1-or-later", Licence("lgpl-2.1")),
        ("ODbL-1.0", Licence("odbl")),
        ("PSF-2.0", Licence("other", "psf-2.0", "https://spdx.org/licenses/PSF-2.0.html")),
        ("proprietary", Licence("other", "proprietary")),
        ("My Licence, v1!", Licence("other", "my-licence--v1")),
        ("  ", Licence("other", "unnamed")),
    ],
)
def test_a_licence_is_spelt_as_the_hub_spells_it(spdx: str, expected: Licence) -> None:
    assert hub_licence(spdx) == expected


def test_a_stated_link_is_kept_for_a_licence_that_the_hub_does_not_know() -> None:
    assert hub_licence("proprietary", "LICENSE").link == "LICENSE"
    assert hub_licence("MIT", "LICENSE").link is None


def test_several_unknown_licences_share_the_one_other() -> None:
    found = hub_licences(["MIT", "PSF-2.0", "proprietary", "MIT"])
    assert found == [Licence("mit"), Licence("other", "psf-2.0-and-proprietary")]


def test_the_list_holds_what_the_hub_accepts_and_no_escape_hatch() -> None:
    assert {"apache-2.0", "cc0-1.0", "unknown"} <= HUB_LICENCES
    assert "other" not in HUB_LICENCES
    assert all(name == name.lower() for name in HUB_LICENCES)
