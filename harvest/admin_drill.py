"""The page that starts a fire drill, with those that were."""

from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from bookstrack.lib.errors import ApiError
from harvest.drill import faults
from harvest.drill.load import LEAST
from harvest.drill.services import MOST, start_drill
from harvest.models import Run

MAY_START = "harvest.add_run"
LABELS = {"google": "Google Books", "openlibrary": "Open Library", "isbndb": "ISBNdb", "wikidata": "Wikidata", "covers": "covers"}
FAULTS = (
    ("ok", "is well"), ("down", "refuses connections"), ("hang", "never answers"), ("slow:5", "answers after 5 s"), ("500", "fails (500)"),
    ("429", "asks to wait (429)"), ("garbage", "answers garbage"), ("flaky:0.5", "fails every second time"), ("empty", "knows no book"),
)  # fmt: skip
SHOWN = 10


class DrillForm(forms.Form):
    """Who is ill in which way, and how much is asked."""

    requests = forms.IntegerField(min_value=LEAST, max_value=MOST, initial=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in faults.OPTIONS:
            self.fields[option] = forms.ChoiceField(choices=FAULTS, label=LABELS[option])


def page(request: HttpRequest) -> HttpResponse:
    """Choose the faults, start the drill, see the last ones."""
    if not request.user.has_perm(MAY_START):
        raise PermissionDenied
    form = DrillForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _started(request, dict(form.cleaned_data))
        except ApiError as error:
            form.add_error(None, error.message)
    context = {
        **admin.site.each_context(request),
        "title": "Fire drill",
        "form": form,
        "runs": Run.objects.filter(kind=Run.Kind.DRILL)[:SHOWN],
    }
    return render(request, "admin/harvest/drill.html", context)


def _started(request: HttpRequest, chosen: dict[str, Any]) -> HttpResponse:
    """Raises: ApiError."""
    number = chosen.pop("requests")
    started = async_to_sync(start_drill)(str(request.user), chosen, number)
    run = Run.objects.get(job_id=started.job.pk)
    LogEntry.objects.log_actions(str(request.user.pk), [run], ADDITION, f"Fire drill of {number} requests begun.", single_object=True)
    messages.success(request, "The drill has begun. It takes a minute or two; its report is the job's result.")
    return redirect("admin:jobs_job_change", quote(started.job.pk))
