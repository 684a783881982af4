"""The picture process, for real: what breaks it breaks nothing else, and it ends when it should."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scanning.detections import Box
from scanning.engine import EngineFailed
from scanning.picture_kinds import Unreadable
from scanning.picture_process import PictureBroken, PictureProcess
from tests.scanning.photos import pictures
from tests.scanning.photos.pictures import coded, shelf

ROOT = Path(__file__).resolve().parents[3]
JPEG = coded(shelf())
OTHER = coded(shelf(300, 200))
HEAVY = ("numpy", "cv2", "PIL", "onnxruntime", "rapidocr", "zxingcpp", "google.genai", "pillow_heif", "scanning.imaging")


def _process(**options: float) -> PictureProcess:
    return PictureProcess(engines="tests.scanning.photos.picture_engines", **options)  # type: ignore[arg-type]


@pytest.fixture
async def process() -> AsyncIterator[PictureProcess]:
    made = _process()
    yield made
    await made.close()


async def _pid(process: PictureProcess) -> int:
    return int((await process.look("measuring", JPEG)).facts["pid"])


def _alive(pid: int) -> bool:
    """Also a zombie counts."""
    return Path(f"/proc/{pid}").exists()


async def _until_gone(pid: int) -> bool:
    """An engine that sleeps would go on for thrice as long."""
    began = time.monotonic()
    while _alive(pid) and time.monotonic() - began < 10:
        await asyncio.sleep(0.02)
    return not _alive(pid)


async def test_a_photo_is_opened_seen_cut_and_shrunk(process: PictureProcess) -> None:
    opened = await process.open(pictures.with_metadata(shelf(1_000, 700)))
    assert (opened.width, opened.height, opened.warnings, opened.hopeless) == (1_000, 700, (), None)
    assert opened.quality["sharpness"] > 0.5 and opened.jpeg.endswith(b"\xff\xd9") and pictures.SECRET not in opened.jpeg
    seen = await process.look("measuring", opened.jpeg)
    assert seen.detections[0].lines[0].text == "Dune" and seen.warnings == ("A warning.",)
    assert (seen.facts["width"], seen.facts["height"], seen.facts["looks"]) == (1_000, 700, 1)
    assert (await process.look("measuring", opened.jpeg)).facts["looks"] == 2  # the engine stays
    boxes = [Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 0.5)]
    tiles = await process.tiles(opened.jpeg, boxes, 400)
    assert [tile.box for tile in tiles] == boxes
    sizes = [(await process.open(tile.jpeg)).width for tile in tiles]
    assert sizes == [286, 400] and (await process.open(await process.shrunk(opened.jpeg, 200))).width == 200


async def test_refusals_come_with_their_code(process: PictureProcess) -> None:
    for data, code in ((b"no photo", "UNSUPPORTED_MEDIA_TYPE"), (JPEG[:700], "INVALID_FILE"), (pictures.bomb(), "INVALID_FILE")):
        with pytest.raises(Unreadable) as caught:
            await process.open(data)
        assert caught.value.code == code and not isinstance(caught.value, PictureBroken)
    with pytest.raises(Unreadable):
        await process.shrunk(b"gone", 100)


async def test_engines_that_fail_are_told_apart_and_leave_the_process(process: PictureProcess) -> None:
    pid = await _pid(process)
    told = {}
    for engine in ("failing", "raising", "absent", "unknown"):
        with pytest.raises(EngineFailed) as caught:
            await process.look(engine, JPEG)
        told[engine] = caught.value
    assert (told["failing"].message, told["failing"].retryable) == ("No model today.", True)
    assert told["absent"].message == "Its models are not installed." and "broke off" in told["raising"].message
    assert "unknown" in told["unknown"].message and await _pid(process) == pid


async def test_a_process_that_dies_costs_one_error_and_starts_again(process: PictureProcess) -> None:
    pid = await _pid(process)
    with pytest.raises(EngineFailed, match="broke off"):
        await process.look("aborting", JPEG)
    assert await _until_gone(pid) and await _pid(process) != pid
    asked = [process.look("aborting", JPEG), process.open(OTHER)]
    failed, opened = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(failed, EngineFailed) and (isinstance(opened, PictureBroken) or opened.width == 300)
    assert (await process.open(OTHER)).width == 300


async def test_a_process_that_cannot_start_is_no_pictures_fault() -> None:
    process = _process(memory_mb=10)  # too little for the libraries
    with pytest.raises(EngineFailed, match="at the moment") as failed:
        await process.look("measuring", JPEG)
    with pytest.raises(Unreadable, match="at the moment") as refused:
        await process.open(JPEG)
    assert failed.value.retryable and refused.value.code == "INTERNAL_ERROR"
    await process.close()


async def test_memory_has_a_bound(process: PictureProcess) -> None:
    pid = await _pid(process)
    with pytest.raises(EngineFailed, match="more memory"):
        await process.look("greedy", JPEG)
    assert await _pid(process) == pid


async def test_too_late_is_an_error_and_others_are_asked_again() -> None:
    process = _process(look_limit_s=2.0)
    try:
        pid = await _pid(process)
        late = asyncio.create_task(process.look("sleeping", JPEG))
        await asyncio.sleep(1.7)
        nap = asyncio.create_task(process.look("napping", JPEG))
        with pytest.raises(EngineFailed, match="too long"):
            await late
        assert (await nap).facts["pid"] != pid and await _until_gone(pid)
    finally:
        await process.close()


async def test_cancelling_ends_what_cannot_be_interrupted(process: PictureProcess) -> None:
    pid = await _pid(process)
    look = asyncio.create_task(process.look("sleeping", JPEG))
    await asyncio.sleep(0.2)
    look.cancel()
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await look
    assert time.monotonic() - began < 5 and await _until_gone(pid)
    assert await _pid(process) != pid


async def test_who_comes_after_a_cancel_does_not_wait_for_it(process: PictureProcess) -> None:
    pid = await _pid(process)
    look = asyncio.create_task(process.look("napping", JPEG))
    await asyncio.sleep(0.1)
    look.cancel()
    await asyncio.sleep(0)
    assert (await process.look("napping", JPEG)).facts["pid"] != pid and await _until_gone(pid)


async def test_cancelling_leaves_who_is_still_waited_for(process: PictureProcess) -> None:
    pid = await _pid(process)
    sleep, nap = (asyncio.create_task(process.look(name, JPEG)) for name in ("sleeping", "napping"))
    await asyncio.sleep(0.1)
    sleep.cancel()
    assert (await nap).facts["pid"] == pid and await _until_gone(pid)


async def test_two_at_once_but_one_at_an_engine(process: PictureProcess) -> None:
    first, second = await asyncio.gather(process.look("napping", JPEG), process.look("napping", OTHER))
    assert first.facts["ended"] <= second.facts["began"]
    sleeps = [asyncio.create_task(process.look("sleeping", photo)) for photo in (JPEG, OTHER)]
    await asyncio.sleep(0)
    await process.look("measuring", JPEG)
    assert not sleeps[0].done()  # the second one waits for its engine outside: there is room for others
    for sleep in sleeps:
        sleep.cancel()
    await asyncio.wait(sleeps)


async def test_it_ends_when_nobody_asks_and_starts_again() -> None:
    process = _process(idle_s=0.3)
    try:
        pid = await _pid(process)
        began = time.monotonic()
        while _alive(pid) and time.monotonic() - began < 10:
            time.sleep(0.02)  # the loop stands still, as a worker's does between two jobs
        assert not _alive(pid) and await _pid(process) != pid
    finally:
        await process.close()


async def test_closing_leaves_no_process_and_no_file(process: PictureProcess) -> None:
    await _pid(process)
    await process.close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        pid = await _pid(process)
        await process.close()
        assert not _alive(pid)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_closing_does_not_wait_for_an_engine(process: PictureProcess) -> None:
    look = asyncio.create_task(process.look("sleeping", JPEG))
    await asyncio.sleep(0.6)
    began = time.monotonic()
    await process.close()
    with pytest.raises(EngineFailed):
        await look
    assert time.monotonic() - began < 10


async def test_no_task_is_left_behind(process: PictureProcess) -> None:
    await _pid(process)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_process_has_no_secrets_and_no_django(process: PictureProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "secret")
    facts = (await process.look("looking", JPEG)).facts
    assert not {"GEMINI_API_KEY", "SECRET_KEY", "DATABASE_URL"} & set(facts["environment"])
    assert not {"django", "scanning.conf", "google.genai"} & set(facts["modules"])


def test_it_dies_with_the_one_that_started_it() -> None:
    code = (
        "import asyncio, os, sys; from scanning.picture_process import PictureProcess\n"
        "async def main():\n"
        "    seen = await PictureProcess(engines='tests.scanning.photos.picture_engines').look('measuring', sys.stdin.buffer.read())\n"
        "    print(seen.facts['pid'], flush=True); os._exit(9)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=JPEG, capture_output=True, cwd=ROOT, timeout=20, check=False)
    pid, began = int(done.stdout), time.monotonic()
    while _alive(pid) and time.monotonic() - began < 10:
        time.sleep(0.02)
    assert not _alive(pid)


def test_asking_imports_no_picture_library() -> None:
    code = "import sys, scanning.picture_process; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, text=True, check=True).stdout.split()
    assert "scanning.picture_process" in loaded and not set(HEAVY) & set(loaded)
