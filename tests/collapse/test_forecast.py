"""Forecasts: bands, intervals that hold what is then drawn, and how long a tail lasts."""

import numpy as np
import pytest

from sterling.collapse.branching import accumulate, all_real_plus_one, replace, rotate
from sterling.collapse.forecast import BANDS, Kappa, Spectrum, forecast, until
from sterling.collapse.loops.trigrams import outputs

ZIPF = np.random.default_rng(4).zipf(1.4, 60_000) % 20_000


def test_every_type_is_in_one_band() -> None:
    spectrum = Spectrum.of(np.bincount(ZIPF))
    assert sum(spectrum.within(band).size for band in BANDS) == spectrum.size == len(np.unique(ZIPF))


def test_the_share_that_survives_is_within_its_interval() -> None:
    anchor = np.random.default_rng(9).permutation(ZIPF)
    counts = np.bincount(anchor)
    told = {e.inputs["band"]: e for e in forecast(rotate(0.3), Spectrum.of(counts), 2) if e.inputs["generation"] == 2}
    *_, last = outputs(rotate(0.3), anchor, 2, seed=1)
    written = np.bincount(last, minlength=len(counts)) > 0
    for band in BANDS[:4]:
        interval = told[band.name].interval
        assert interval is not None
        seen = written[band.holds(counts)].mean()
        assert interval.low - 0.02 < seen < interval.high + 0.02


def test_kappa_of_a_band_is_used_for_that_band() -> None:
    spectrum = Spectrum.of([1, 1, 2, 2, 7])
    whole, less = (
        {e.inputs["band"]: e.value for e in forecast(replace(), spectrum, 1, kappa)}
        for kappa in (None, {"once": Kappa(0.5, 0.5, 0.5)})
    )
    assert less["once"] == pytest.approx(1 - np.exp(-0.5))
    assert less["twice"] == whole["twice"] == pytest.approx(1 - np.exp(-2))


def test_how_long_a_tail_lasts() -> None:
    spectrum = Spectrum.of([1] * 60 + [2] * 30 + [4] * 10)
    assert until(replace(), spectrum, 0.5).value == 3  # .6 * .374 + .3 * .608 + .1 * .847 are left
    late = until(rotate(0.1), spectrum, 0.6).value
    assert late is not None
    assert late > (until(replace(), spectrum, 0.6).value or 0)
    assert until(all_real_plus_one(), spectrum, 0.5).value is None
    assert "not within" in until(accumulate(), spectrum, 0.9).method


def test_without_rare_types_there_is_nothing_to_say() -> None:
    found = until(replace(), Spectrum.of([50, 60]), 0.1)
    assert (found.value, found.n) == (None, 0)
    assert [e.inputs["band"] for e in forecast(replace(), Spectrum.of([50]), 1)] == ["10-99"]
