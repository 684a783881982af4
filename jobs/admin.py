"""The jobs app in the admin. Here: service tokens, made and shown once, followed by a successor, revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs import admin_audit, admin_jobs, admin_letters, admin_schedules  # noqa: F401  (they register their models)
from jobs.admin_rows import noted
from jobs.models import SCOPES, ServiceToken

OVERLAPS = [("7", "7 days"), ("1", "1 day"), ("30", "30 days"), ("0", "none, it ends now")]  # days that both are valid


class ServiceTokenForm(forms.ModelForm[ServiceToken]):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ServiceToken
        fields = ("name", "scopes", "expires_at")


class OverlapForm(ActionForm):
    """Beside the list's actions: how long a token that is replaced stays valid."""

    overlap = forms.ChoiceField(choices=OVERLAPS, required=False, label="Overlap:")


@admin.register(ServiceToken)
class ServiceTokenAdmin(admin.ModelAdmin[ServiceToken]):
    form = ServiceTokenForm
    list_display = ("name", "hint", "scope_names", "state", "created_at", "expires_at", "last_used_at")
    search_fields = ("name", "hint")
    readonly_fields = ("hint", "created_at", "revoked_at", "last_used_at")
    actions = ("replace", "revoke")
    action_form = OverlapForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a token is revoked: what it did stays explained

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may replace and revoke."""
        return request.user.has_perm("jobs.change_servicetoken")

    @admin.display(description="scopes")
    def scope_names(self, token: ServiceToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: ServiceToken) -> str:
        if token.revoked_at:
            return "revoked"
        return "expired" if token.expired else "valid"

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        row, clear = ServiceToken.issue(obj.name, obj.scopes, obj.expires_at)
        obj.__dict__.update(row.__dict__)
        self._show(request, clear)

    @admin.action(description="Replace: a new one of the same name, the old one ends after the overlap", permissions=["operate"])
    def replace(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        if queryset.count() != 1:  # each is shown once: what is shown with many others is overlooked
            messages.error(request, "Choose one token to replace.")
            return
        old, days = queryset.get(), int(request.POST.get("overlap") or OVERLAPS[0][0])  # one of the form's, which Django has checked
        try:
            made, clear = old.replace(timedelta(days=days))
        except ValueError as refused:
            messages.error(request, str(refused))
            return
        noted(request, old, f"Replaced by {made.hint}…, with an overlap of {days} days.")
        self.log_addition(request, made, f"Replaces {old.hint}….")
        self._show(request, clear)

    @admin.action(description="Revoke: it ends now", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        going = list(queryset.filter(revoked_at=None))
        ServiceToken.objects.filter(pk__in=[token.pk for token in going]).update(revoked_at=timezone.now())
        for token in going:
            noted(request, token, "Revoked.")
        messages.info(request, f"{len(going)} revoked.")

    def _show(self, request: HttpRequest, clear: str) -> None:
        messages.warning(request, f"Keep it now, it is not shown again: {clear}")
