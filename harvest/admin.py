"""What staff see of the back office. Each of these registers its models."""

from harvest import admin_alerts, admin_covers, admin_pictures, admin_runs, admin_warming  # noqa: F401
