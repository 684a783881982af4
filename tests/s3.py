"""A server that speaks S3, for tests: moto's, on a free port of this machine, empty buckets by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bookstrack.storage_url import parse

ALIASES = ("uploads", "covers", "archive")
KEY, SECRET = "AKIATESTTESTTESTTEST", "secret/of+the test"


@contextmanager
def server() -> Iterator[str]:
    """Its address; it ends with the block."""
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def client(address: str) -> Any:
    """boto's own client of it: what tests look with."""
    import boto3

    account = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", **account)


def url_of(address: str, bucket: str, prefix: str = "") -> str:
    """The STORAGE_URL of a bucket there."""
    return f"s3://{KEY}:secret%2Fof%2Bthe%20test@{bucket}/{prefix}?endpoint={address}&region=us-east-1"


def storages(kept: dict[str, Any], url: str) -> dict[str, Any]:
    """settings.STORAGES with our storages in the bucket of a URL."""
    bucket = parse(url)
    assert bucket is not None

    def one(alias: str) -> dict[str, Any]:
        return {"BACKEND": "bookstrack.lib.s3_files.S3Files", "OPTIONS": bucket.options(alias) | {"file_overwrite": alias != "uploads"}}

    return {**kept, **{alias: one(alias) for alias in ALIASES}}


def names(address: str, bucket: str) -> list[str]:
    """The objects of a bucket."""
    return [one["Key"] for one in client(address).list_objects_v2(Bucket=bucket).get("Contents", [])]
