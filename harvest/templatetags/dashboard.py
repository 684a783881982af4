"""What the templates of the operators' pages use."""

from datetime import datetime
from typing import Any

from django import template

from harvest import admin_dashboard
from harvest.overview import dashboard

register = template.Library()


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, or in how long."""
    return dashboard.ago(moment)


@register.simple_tag
def operators_summary() -> dict[str, Any]:
    """The short form of the dashboard: {notices, facts}."""
    return admin_dashboard.summary()
