from django.contrib.auth.decorators import login_not_required
from django.urls import path

from municipalities import views
from municipalities.governance import views as governance
from municipalities.password_reset import NewPassword, ResetRequest

app_name = "municipalities"
urlpatterns = [
    path("log-ind/", views.login, name="login"),
    path("log-af/", views.logout, name="logout"),
    path("glemt-adgangskode/", login_not_required(ResetRequest.as_view()), name="password_reset"),
    path("ny-adgangskode/<uidb64>/<token>/", login_not_required(NewPassword.as_view()), name="password_reset_confirm"),
    path("forslag/", governance.list_proposals, name="proposals"),
    path("forslag/<int:pk>/", governance.show_proposal, name="proposal"),
    path("forslag/<int:pk>/afgoerelse/", governance.decision, name="decision"),
    path("forslag/<int:pk>/tilbagetraekning/", governance.withdrawal, name="withdrawal"),
]
