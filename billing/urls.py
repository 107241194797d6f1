from datetime import date

from django.urls import path, register_converter

from billing import finance_views, ledger_views, views
from billing.simulator.views import export_simulation, show_simulator


class MonthConverter:
    """2026-10 in an address, the first day of that month in a view."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date | str) -> str:
        return f"{value:%Y-%m}" if isinstance(value, date) else str(value)


register_converter(MonthConverter, "month")

app_name = "billing"
urlpatterns = [
    path("ledelse/", views.show_overview, name="overview"),
    path("ledelse/afregning/", views.list_statements, name="statements"),
    path("ledelse/afregning/<month:month>/<slug:slug>/", views.show_statement, name="statement"),
    path("ledelse/afregning/<month:month>/<slug:slug>/poster/", views.show_entries, name="entries"),
    path("ledelse/afregning/<month:month>/<slug:slug>.csv", views.export_csv, name="csv"),
    path("ledelse/afregning/<month:month>/<slug:slug>.xlsx", views.export_xlsx, name="xlsx"),
    path("ledelse/noegler/", views.list_keys, name="keys"),
    path("ledelse/noegler/simulator/", show_simulator, name="simulator"),
    path("ledelse/noegler/simulator.csv", export_simulation, {"ending": "csv"}, name="simulator_csv"),
    path("ledelse/noegler/simulator.xlsx", export_simulation, {"ending": "xlsx"}, name="simulator_xlsx"),
    path("ledelse/import/", finance_views.import_list, name="imports"),
    path("ledelse/import/<int:pk>/", finance_views.import_preview, name="import"),
    path("ledelse/import/<int:pk>/bekraeft/", finance_views.import_confirmation, name="import_confirmation"),
    path("ledelse/import/<int:pk>/afviste.csv", finance_views.import_rejects, name="import_rejects"),
    path("ledelse/linje/<int:pk>/", ledger_views.show_line, name="line"),
    path("ledelse/linjer/", ledger_views.work_list, name="work_list"),
    path("ledelse/linjer/regler/", ledger_views.list_rules, name="rules"),
    path("ledelse/linjer/regler/brug/", ledger_views.rules_application, name="rules_application"),
    path("ledelse/linjer/regler/<int:pk>/slut/", ledger_views.rule_end, name="rule_end"),
    path("ledelse/periode/", finance_views.period_list, name="periods"),
    path("ledelse/periode/<month:month>/", finance_views.show_period, name="period"),
    path("ledelse/periode/<month:month>/beregning/", finance_views.calculation, name="calculation"),
    path("ledelse/periode/<month:month>/godkendelse/", finance_views.approval, name="approval"),
    path("ledelse/periode/<month:month>/lukning/", finance_views.closing, name="closing"),
    path("ledelse/periode/<month:month>/maengder/", finance_views.quantities, name="quantities"),
    path("ledelse/periode/<month:month>/linje/<int:pk>/", finance_views.assignment, name="assignment"),
]
