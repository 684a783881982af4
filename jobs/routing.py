"""Which consumer answers which socket."""

from typing import Any

from channels.routing import URLRouter
from django.urls import path

from jobs.consumers import ProgressConsumer

socket_application: Any = URLRouter([path("ws/progress", ProgressConsumer.as_asgi())])
