"""The jobs app in the admin. Here: service tokens, made and shown once, followed by a successor, revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs import admin_jobs, admin_letters  # noqa: F401  (they register their models)
from jobs.models import SCOPES, ServiceToken


class ServiceTokenForm(forms.ModelForm[ServiceToken]):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ServiceToken
        fields = ("name", "scopes", "expires_at")


@admin.register(ServiceToken)
class ServiceTokenAdmin(admin.ModelAdmin[ServiceToken]):
    form = ServiceTokenForm
    list_display = ("name", "hint", "scope_names", "state", "created_at", "expires_at", "last_used_at")
    search_fields = ("name", "hint")
    readonly_fields = ("hint", "created_at", "revoked_at", "last_used_at")
    actions = ("rotate", "revoke")

    @admin.display(description="scopes")
    def scope_names(self, token: ServiceToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: ServiceToken) -> str:
        if token.revoked_at:
            return "revoked"
        return "expired" if token.expires_at and token.expires_at <= timezone.now() else "valid"

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        row, clear = ServiceToken.issue(obj.name, obj.scopes, obj.expires_at)
        obj.__dict__.update(row.__dict__)
        self._show(request, clear)

    @admin.action(description="Make a successor (the old one stays valid until revoked)")
    def rotate(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        for token in queryset:
            _, clear = ServiceToken.issue(token.name, token.scopes, token.expires_at)
            self._show(request, clear)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceToken]) -> None:
        revoked = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.info(request, f"{revoked} revoked.")

    def _show(self, request: HttpRequest, clear: str) -> None:
        messages.warning(request, f"Keep it now, it is not shown again: {clear}")
