"""Rows, verdicts and exit codes, by commands that are run as the real ones are."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks import growth, hot, table

ROOT = Path(__file__).resolve().parents[2]


def command(folder: Path, name: str, work: str) -> list[str]:
    """A benchmark that tells what `work` says."""
    script = folder / f"{name}.py"
    body = textwrap.indent(textwrap.dedent(work), "    ")
    heads = "import sys\nfrom benchmarks.table import NotMeasured, not_measured, part, run, tell\n"
    script.write_text(f"{heads}def work():\n{body}\nraise SystemExit(run({name!r}, work))\n")
    return [sys.executable, str(script)]


def done(argv: list[str]) -> tuple[int, list[str], str]:
    """Exit code, lines and complaints of a command."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout.splitlines(), ended.stderr


def test_rows_that_hold_end_with_0(tmp_path: Path) -> None:
    code, lines, _ = done(command(tmp_path, "good", 'tell("a", "1 ms", must="≤ 2 ms", ratio="0.5 x", holds=True)\ntell("b", "told only")'))
    assert code == 0
    assert lines == [*table.HEAD, "| a | ≤ 2 ms | 1 ms |  | 0.5 x | holds |", "| b |  | told only |  |  |  |"]


def test_a_row_that_does_not_hold_ends_with_1_after_all_rows(tmp_path: Path) -> None:
    code, lines, _ = done(command(tmp_path, "bad", 'tell("a", "3", must="2", holds=False)\ntell("b", "1", holds=True)'))
    assert code == 1
    assert [line.split(" | ")[-1] for line in lines[2:]] == ["DOES NOT HOLD |", "holds |"]


def test_a_coroutine_is_run(tmp_path: Path) -> None:
    code, lines, _ = done(command(tmp_path, "later", 'async def soon():\n    tell("a", "3", holds=False)\nreturn soon()'))
    assert (code, len(lines)) == (1, 3)


def test_what_a_machine_lacks_is_a_row_and_no_failure(tmp_path: Path) -> None:
    code, lines, _ = done(command(tmp_path, "absent", 'tell("a", "1", holds=True)\nraise NotMeasured("there is no stand-in")'))
    assert code == 0
    assert lines[-1] == "| absent |  | there is no stand-in | | | not measured |"


def test_cells_cannot_break_the_table(tmp_path: Path) -> None:
    _, lines, _ = done(command(tmp_path, "odd", r'tell("a|b", "two\nlines")'))
    assert lines[2:] == ["| a/b |  | two lines |  |  |  |"]


def test_rows_of_a_part_count_and_stand_below_one_head(tmp_path: Path) -> None:
    inner = command(tmp_path, "inner", 'tell("within", "3", holds=False)')
    code, lines, _ = done(command(tmp_path, "outer", f'part({inner!r})\ntell("after", "1", holds=True)'))
    assert code == 1
    assert [line.split(" | ")[0] for line in lines] == ["| What", "|---|---|---|---|---|---|", "| within", "| after"]


def test_a_part_that_breaks_is_its_own_row(tmp_path: Path) -> None:
    inner = command(tmp_path, "broken", 'raise ValueError("of the benchmark")')
    code, lines, complaints = done(command(tmp_path, "outer", f'part({inner!r})\ntell("after", "1")'))
    assert code == 1
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| broken", "| after"]
    assert "ValueError: of the benchmark" in complaints


def test_a_process_that_cannot_even_begin_is_no_part(tmp_path: Path) -> None:
    absent = [sys.executable, str(tmp_path / "absent.py")]
    code, lines, _ = done(command(tmp_path, "outer", f'part({absent!r})\ntell("after", "1")'))
    assert code == 1
    assert "absent.py failed with exit code 2" in lines[2]


def test_a_benchmark_that_breaks_is_a_row_beside_those_that_were_told(tmp_path: Path) -> None:
    ends = {'raise ValueError("odd")': "the benchmark broke", 'raise SystemExit("no server")': "not all was measured: no server"}
    for error, told in ends.items():
        code, lines, _ = done(command(tmp_path, "half", f'tell("a", "3", holds=False)\n{error}'))
        assert code == 1
        assert lines[3:] == [f"| half |  | {told} |  |  | DOES NOT HOLD |"]


def test_verdicts_of_a_command_that_is_relayed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = 'tell("a", "1", holds=True)\nprint("a word beside")\ntell("b", "2", holds=False)\nnot_measured("c", "no")'
    argv = command(tmp_path, "mixed", rows)
    verdicts = table.relayed(argv, {**os.environ, "PYTHONPATH": str(ROOT)})
    assert verdicts == [table.HOLDS, table.MISSED, table.NOT_MEASURED]
    assert "a word beside" in capfd.readouterr().out


def test_a_name_that_is_no_benchmark_is_refused() -> None:
    code, lines, complaints = done([sys.executable, "-m", "benchmarks", "nonsense"])
    assert (code, lines) == (2, [])
    assert "there is no benchmark nonsense" in complaints


def test_every_row_of_the_table_has_its_command() -> None:
    from benchmarks.__main__ import ROWS

    absent = [name for name in ROWS if not (ROOT / "benchmarks" / f"{name}.py").exists()]
    assert absent == []


def test_ratios_are_medians_of_rounds_in_turn() -> None:
    def a_round(rate: float, p99_ms: float) -> dict[str, object]:
        return {"rate": rate, "p50_ms": 1.0, "p99_ms": p99_ms, "cpu_us": 1e6 / rate, "sources": {"hit-memory": 5}, "body_bytes": 10}

    # the machine is slower in the second pair, and ours alone is disturbed in the third
    pairs = [(a_round(90, 2), a_round(100, 1)), (a_round(45, 8), a_round(50, 4)), (a_round(10, 90), a_round(100, 1))]
    found = hot.summed(pairs)
    assert (found.ratio, found.p99_ratio) == (0.9, 2.0)
    assert found.rate == (45, 100)
    assert found.sources["hit-memory"] == 15


def test_growth_takes_the_best_round_of_each_amount() -> None:
    times = iter([1.0, 30.0, 2.0, 12.0])
    asked: list[int] = []

    def took_s(amount: int) -> float:
        asked.append(amount)
        return next(times)

    assert growth.grown(2, took_s, 7) == growth.Grown(1.0, 12.0)
    assert asked == [7, 70, 7, 70]
