"""Draw the covers of a catalogue into a folder: python samples/draw_covers.py OUTPUT_FOLDER [--catalogue FILE]."""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, Python looks beside the script only

from search.cover_art import cover_png  # noqa: E402


def draw(catalogue: Path, folder: Path) -> int:
    """Write `{id}.png` for every work of the catalogue; the number of covers drawn.

    Raises: OSError when the catalogue cannot be read or the folder not written; ValueError, KeyError for a line that is no work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ids = [json.loads(line)["id"] for line in catalogue.read_text(encoding="utf-8").splitlines()]
    for work_id in ids:
        (folder / f"{work_id}.png").write_bytes(cover_png(work_id))
    return len(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a plain PNG cover for every work of a catalogue.")
    parser.add_argument("folder", type=Path, metavar="OUTPUT_FOLDER", help="made when missing")
    parser.add_argument("--catalogue", type=Path, default=ROOT / "samples" / "catalogue.jsonl", metavar="FILE")
    asked = parser.parse_args()
    print(f"{draw(asked.catalogue, asked.folder)} covers drawn into {asked.folder}")


if __name__ == "__main__":
    main()
