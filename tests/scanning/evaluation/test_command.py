"""`manage.py evaluate csv` on the sample catalogue, and on labelled files of a folder."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

LABELLED = Path(__file__).parent / "labelled"


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("evaluate", "csv", *options, stdout=out)
    return out.getvalue()


def test_the_sample_catalogue_is_imported_and_matched_well(sample_catalogue: int) -> None:
    figures = json.loads(run("--json", "--must", "--rows", "500"))
    groups = figures["group"]
    assert figures["missed"] == [] and groups["all"]["rows"] > 400
    assert groups["with ISBN"]["right"]["share"] >= 0.95 and groups["without ISBN"]["right"]["share"] >= 0.90
    assert groups["all"]["wrong"]["share"] <= 0.005 and groups["all"]["editionsClaimedWrongly"] == 0
    assert {"goodreads", "generic (de)"} <= set(figures["fields"])
    assert {"ISBN-13", "translated title", "absent volume"} <= set(figures["disturbance"])
    assert all(part["kept"]["share"] == 1.0 for part in figures["fields"].values())


def test_nothing_is_cached_by_it(sample_catalogue: int) -> None:
    from bookstrack.lib import redis
    from search import services
    from search.models import CacheEntry

    run("--rows", "60")
    assert not CacheEntry.objects.exists() and not redis.sync_client().dbsize() and not len(services.cache.memory)


def test_tables_answers_and_exports(sample_catalogue: int, tmp_path: Path) -> None:
    told = run("--rows", "120", "--answers", str(tmp_path / "answers.jsonl"), "--keep", str(tmp_path / "exports"))
    assert "| export" in told and "| group" in told and "| goodreads" in told
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert f"{len(lines)} rows" in told and {"file", "row", "kind", "verdict", "wrongFields"} <= set(lines[0])
    assert {path.stem for path in (tmp_path / "exports").iterdir()} == {line["file"] for line in lines}


def test_a_catalogue_that_cannot_be_searched_misses_the_thresholds(sample_catalogue: int) -> None:
    from search.catalogue import title_index
    from search.models import Work

    Work.objects.update(title_words=" ", title_hash=0)
    title_index.rebuild()
    with pytest.raises(CommandError, match="without ISBN"):
        run("--rows", "100", "--must")


def test_an_empty_catalogue_is_nothing_to_measure(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="empty"):
        run()


# -- labelled files


def test_labelled_files_are_scored_by_their_labels() -> None:
    figures = json.loads(run(str(LABELLED), "--json", "--must"))
    assert figures["missed"] == [] and "group" not in figures
    assert figures["fields"]["goodreads"]["fieldsRight"]["share"] == 1.0 and figures["fields"]["generic (de)"]["rows"] == 4


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({"format": "goodreads", "rows": []}, "taken for generic"),
        ({"rows": [{"row": 1, "book": {"title": "Emma"}}]}, "0.0% of the fields"),
        ({"rows": [{"row": 1, "book": {}}, {"row": 2, "book": {}}]}, "1 rows were lost"),
        ({"rows": [{"row": 1, "error": True}]}, "0.0% of the fields"),
        ({"rows": []}, "1 rows that nobody wrote"),
        ({"rows": [{"row": 1, "book": {"title": "Dune", "isbn": None}}]}, ""),
    ],
)
def test_wrong_readings_are_found(labels: dict[str, object], reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Title,Author\nDune,Frank Herbert\n")
    (tmp_path / "a.labels.json").write_text(json.dumps(labels))
    if reason:
        with pytest.raises(CommandError, match=reason):
            run(str(tmp_path), "--must")
    else:
        assert "Missed" not in run(str(tmp_path), "--must")


BAD_LABELS = ("[]", "{", '{"rows": 3}', '{"rows": [{"row": "x", "book": {}}]}', '{"rows": [{"row": 1}]}', '{"rows": [7]}')


@pytest.mark.parametrize("labels", BAD_LABELS)
def test_labels_that_are_none_are_said(labels: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Title\nDune\n")
    (tmp_path / "a.labels.json").write_text(labels)
    with pytest.raises(CommandError, match=r"a\.labels\.json"):
        run(str(tmp_path))


def test_a_folder_without_labels_is_nothing_to_measure(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Title\nDune\n")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CommandError, match="Nothing to measure"):
            run(str(folder))
