"""Words of any script are found, on whatever database the tests run."""

import pytest

from search.catalogue.title_index import Words, find, rebuild, stored, words_of
from search.models import Work


@pytest.fixture
def works(transactional_db: None) -> dict[str, int]:
    titles = ["Dune", "Dune Messiah", "ノルウェイの森", "森の生活", "Война и мир", "हिन्दी की किताब", 'The "Quoted" Book', "L'Étranger"]
    rows = [
        Work.objects.create(source_id=f"t:{n}", title=t, title_words=stored(t), author_words=stored("Frank Herbert"))
        for n, t in enumerate(titles)
    ]
    rebuild()
    return {row.title: row.pk for row in rows}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dune", {"Dune", "Dune Messiah"}),
        ("messiah dune", {"Dune Messiah"}),
        ("dune mess", {"Dune Messiah"}),
        ("du", set()),
        ("森", {"ノルウェイの森", "森の生活"}),
        ("ノルウェイ", {"ノルウェイの森"}),
        ("の森", {"ノルウェイの森"}),
        ("война", {"Война и мир"}),
        ("ВОЙНА И МИР", {"Война и мир"}),
        ("किताब", {"हिन्दी की किताब"}),
        ('"quoted" book', {'The "Quoted" Book'}),
        ("etranger", {"L'Étranger"}),
        ("herbert", set()),
    ],
)
def test_titles(works: dict[str, int], typed: str, found: set[str]) -> None:
    assert set(find(Words(title=words_of(typed)))) == {works[title] for title in found}


def test_title_and_author_anywhere_and_apart(works: dict[str, int]) -> None:
    assert find(Words(anywhere=words_of("messiah herbert"))) == [works["Dune Messiah"]]
    assert set(find(Words(title=words_of("dune"), author=words_of("herbert")))) == {works["Dune"], works["Dune Messiah"]}
    assert find(Words(title=words_of("dune"), author=words_of("asimov"))) == []
    assert find(Words()) == []


@pytest.mark.parametrize("hostile", ['"', '" OR 1', "NEAR(a b)", "title_words:x", "a*", "^a", "%", "_", "\\", "(", "-", "AND", "NOT dune"])
def test_nothing_typed_is_an_operator(works: dict[str, int], hostile: str) -> None:
    assert isinstance(find(Words(title=words_of(hostile))), list)
