from collections.abc import Sequence

import pyarrow as pa

from sterling.curate.learning.kin import Kin, content_keys, first_parents, keys
from sterling.records import Maker, Record, batch_of

HUMAN = [Record.real({"text": f"t{n}"}, source="a", row=f"f:{n // 2}", origin="human") for n in range(4)]


def child(text: str, *parents: Record) -> Record:
    return Record.synthetic({"text": text}, source="s", row=text, maker=Maker("m"), parents=parents)


def grouped(kin: Kin, records: Sequence[Record]) -> list[int]:
    families = kin.families(batch_of(records)).tolist()
    return [families.index(family) for family in families]


def test_who_goes_back_to_one_row_is_one_family() -> None:
    first, second = child("a", HUMAN[0]), child("b", HUMAN[1], HUMAN[2])
    third = child("c", second)
    alone, other = child("d"), child("e", HUMAN[2])
    everybody = [*HUMAN, first, second, third, alone, other]
    kin = Kin.of([batch_of(everybody[:3]), batch_of(everybody[3:])])
    assert grouped(kin, everybody) == [0, 0, 2, 2, 0, 0, 0, 7, 2]
    assert grouped(kin, everybody[::-1]) == [0, 1, 2, 2, 2, 0, 0, 2, 2]


def test_children_of_a_stranger_are_siblings() -> None:
    siblings = [child("a", HUMAN[0]), child("b", HUMAN[0]), child("c", HUMAN[2])]
    assert grouped(Kin.of([]), siblings) == [0, 0, 2]
    assert grouped(Kin.of([batch_of(siblings)]), siblings) == [0, 0, 2]


def test_keys() -> None:
    batch = batch_of([HUMAN[0], child("t0", HUMAN[1]), child("x")])
    assert content_keys(batch)[0] == content_keys(batch)[1] != content_keys(batch)[2]
    assert first_parents(batch).tolist() == [0, int(keys(pa.array([HUMAN[1].id]))[0]), 0]
