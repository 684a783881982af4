"""`manage.py evaluate search` on the sample catalogue."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bookstrack.management.commands import evaluate


def run(*options: str) -> str:
    out = io.StringIO()
    call_command("evaluate", "search", *options, stdout=out)
    return out.getvalue()


def test_the_sample_catalogue_is_searched_well(sample_catalogue: int) -> None:
    figures = json.loads(run("--json", "--must", "--queries", "260"))
    assert figures["works"] == sample_catalogue and figures["queries"] > 200
    assert figures["missed"] == []
    assert figures["groups"]["title"]["successAt10"]["share"] >= 0.98
    absent = figures["groups"]["absent"]
    assert absent["wrongAt1"]["count"] == 0 and absent["successAt1"]["share"] == 1.0
    assert {"exact title", "romanised", "misspelt", "author misspelt", "absent ISBN"} <= set(figures["kinds"])
    assert {"en", "ru", "ja"} <= set(figures["languages"])


def test_nothing_is_cached_by_it(sample_catalogue: int) -> None:
    from bookstrack.lib import redis
    from search import services
    from search.models import CacheEntry

    run("--queries", "26")
    assert not CacheEntry.objects.exists() and not redis.sync_client().dbsize() and not len(services.cache.memory)


def test_tables_and_answers_are_for_people_and_programs(sample_catalogue: int, tmp_path: Path) -> None:
    told = run("--queries", "26", "--answers", str(tmp_path / "answers.jsonl"))
    assert "| exact title" in told and "| language or script" in told
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert f"{len(lines)} queries" in told
    assert {"kind", "text", "first", "level", "outcome"} <= set(lines[0])


def test_a_table_is_written_between_its_marks_only(sample_catalogue: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "accuracy.md"
    document.write_text("before\n<!-- evaluate search sample: begin -->\nold\n<!-- evaluate search sample: end -->\nafter\n")
    monkeypatch.setattr(evaluate, "DOCUMENT", document)
    run("--queries", "26", "--write", "sample")
    written = document.read_text()
    assert written.startswith("before\n") and written.endswith("\nafter\n") and "old" not in written and "| exact title" in written
    with pytest.raises(CommandError, match="no place"):
        run("--queries", "26", "--write", "elsewhere")


def test_a_threshold_that_is_missed_fails_the_command(sample_catalogue: int) -> None:
    from search.models import Work

    Work.objects.update(title_words=" ", title_hash=0)
    from search.catalogue import title_index

    title_index.rebuild()
    assert "Missed" in run("--queries", "26")
    with pytest.raises(CommandError, match="success at 10"):
        run("--queries", "26", "--must")


@pytest.mark.parametrize("option", ["--queries", "--limit-works"])
def test_numbers_are_positive(option: str) -> None:
    with pytest.raises(CommandError, match="invalid _positive value"):
        run(option, "0")


def test_works_may_be_limited(sample_catalogue: int) -> None:
    assert json.loads(run("--json", "--queries", "52", "--limit-works", "100"))["works"] == 100


def test_an_empty_catalogue_is_nothing_to_measure(transactional_db: None) -> None:
    with pytest.raises(CommandError, match="empty"):
        run()
