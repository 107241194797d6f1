from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from servicecenter.ui.language import choose_language
from servicecenter.ui.pages import accessibility, privacy

urlpatterns = [
    path("sprog/", choose_language, name="set_language"),
    path("api/", include("tickets.api.urls")),
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("udbakke/", include("servicecenter.outbox.urls")),
        path("was/", accessibility, name="accessibility"),
        path("privatliv/", privacy, name="privacy"),
        path("", include("municipalities.urls")),
        path("", include("billing.urls")),
        path("", include("tickets.urls")),
        prefix_default_language=False,
    ),
]
