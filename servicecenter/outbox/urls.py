from django.urls import path

from servicecenter.outbox import views

app_name = "outbox"
urlpatterns = [
    path("", views.letters, name="letters"),
    path("<int:pk>/send-igen/", views.send_again, name="send_again"),
    path("send-igen/", views.send_all_again, name="send_all_again"),
]
