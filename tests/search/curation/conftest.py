import pytest

from tests.search.curation import shelf


@pytest.fixture
def catalogue(transactional_db: None) -> None:
    shelf.filled()


@pytest.fixture
def staff(catalogue: None, django_user_model: object) -> object:
    return django_user_model.objects.create_user("staff")  # type: ignore[attr-defined]
