"""The OpenAPI document is true: whatever fits it, and whatever does not, is answered as it says, and never by a 500."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from jsonschema_rs import validator_for

from bookstrack.api import api

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))
OPERATIONS = [result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]


def test_the_document_in_the_tree_is_the_codes() -> None:
    kept = json.loads((settings.BASE_DIR / "docs" / "openapi.json").read_text())
    assert kept == DOCUMENT, "run manage.py export_openapi"


def test_every_operation_has_an_example_and_an_id_of_its_own() -> None:
    operations = [op for item in DOCUMENT["paths"].values() for op in item.values()]
    assert len({op["operationId"] for op in operations}) == len(operations)
    for op in operations:
        assert "example" in json.dumps(op), op["operationId"]


async def _answer(client: httpx.AsyncClient, case: Any) -> httpx.Response:
    sent = case.as_transport_kwargs(base_url="http://testserver")
    return await client.request(
        sent["method"],
        sent["url"],
        params=sent.get("params"),
        headers={k: v for k, v in (sent.get("headers") or {}).items() if k.lower() != "user-agent"},
        json=sent.get("json"),
        cookies=None,
    )


def _provider_off(reply: httpx.Response) -> bool:
    """Whether a route is about a provider that the tests' settings leave out."""
    return reply.status_code == 503 and set(reply.json()["error"]["details"].get("providers", {}).values()) == {"off"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda op: op.label)
async def test_no_input_makes_a_500(client: httpx.AsyncClient, operation: Any) -> None:
    seen: list[Any] = []

    @hypothesis_settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def collect(case: Any) -> None:
        seen.append(case)

    collect()
    assert seen
    for case in seen:
        reply = await _answer(client, case)
        assert reply.status_code < 500 or _provider_off(reply), f"{case}: {reply.text[:500]}"
        schema = DOCUMENT["paths"][operation.path][operation.method]["responses"].get(str(reply.status_code))
        kind = reply.headers.get("content-type", "").partition(";")[0]
        if schema and "content" in schema:
            assert kind in schema["content"], f"{case}: {kind}"
        if schema and "content" in schema and kind == "application/json":
            body = {**schema["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
            errors = [error.message for error in validator_for(body).iter_errors(reply.json())]
            assert not errors, f"{case}: {errors[:3]}"


NEW = [
    "/v1/search/author?q=Frank%20Herbert", "/v1/editions/search?workTitle=dune&author=Frank%20Herbert", "/search/title?q=dune",
    "/search/author?q=Frank%20Herbert",
]  # fmt: skip


@pytest.mark.usefixtures("sample_catalogue")
@pytest.mark.parametrize("path", ["/v1/search/isbn?isbn=9780441172719", "/v1/search/title?q=dune", "/v1/search?q=herbert", "/health", *NEW])
async def test_real_answers_fit_the_document(client: httpx.AsyncClient, path: str) -> None:
    reply = await client.get(path)
    schema = DOCUMENT["paths"][path.partition("?")[0]]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    errors = [error.message for error in validator_for({**schema, "components": DOCUMENT["components"]}).iter_errors(reply.json())]
    assert not errors
