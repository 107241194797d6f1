from django.apps import AppConfig


class UiConfig(AppConfig):
    """The look every page shares: template tags, house formats, and the rendering of forms."""

    name = "servicecenter.ui"
    label = "ui"
