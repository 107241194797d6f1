from datetime import date

from django.urls import path, register_converter

from billing import correction_views, finance_views, ledger_views, views
from billing.capacity import views as capacity
from billing.giving import views as giving
from billing.invoicing import views as invoicing
from billing.keys import views as keys
from billing.postings import views as postings
from billing.reports import publication_views as publications
from billing.reports.views import (
    export_experience,
    show_experience,
    show_key_figures,
    withdraw_lesson,
    write_lesson,
)
from billing.savings.views import enter_baseline, enter_indices, show_savings
from billing.settlement import budget_views as budgets
from billing.settlement import views as settlement
from billing.simulator.views import export_simulation, show_simulator
from billing.subscriptions import views as subscriptions


class MonthConverter:
    """2026-10 in an address, the first day of that month in a view."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date | str) -> str:
        return f"{value:%Y-%m}" if isinstance(value, date) else str(value)


class InvoiceNumberConverter:
    """2026-00012 in an address."""

    regex = "[0-9]{4}-[0-9]{5,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class YearConverter:
    """2026 in an address."""

    regex = "20[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int | str) -> str:
        return str(value)


register_converter(MonthConverter, "month")
register_converter(YearConverter, "year")
register_converter(InvoiceNumberConverter, "invoice")

app_name = "billing"
urlpatterns = [
    path("ledelse/", views.show_overview, name="overview"),
    path("ledelse/afregning/", views.list_statements, name="statements"),
    path("ledelse/afregning/<month:month>/<slug:slug>/", views.show_statement, name="statement"),
    path("ledelse/afregning/<month:month>/<slug:slug>/poster/", views.show_entries, name="entries"),
    path("ledelse/afregning/<month:month>/<slug:slug>.pdf", views.statement_pdf, name="pdf"),
    path("ledelse/afregning/<month:month>/<slug:slug>.csv", views.export_csv, name="csv"),
    path("ledelse/afregning/<month:month>/<slug:slug>.xlsx", views.export_xlsx, name="xlsx"),
    path("ledelse/posteringer/", postings.newest_postings, name="newest_postings"),
    path("ledelse/posteringer/<month:month>/", postings.show_postings, name="postings"),
    path("ledelse/posteringer/<month:month>/<slug:slug>/fil/", postings.posting_file, name="posting_file"),
    path("ledelse/posteringer/opsaetning/<slug:slug>/", postings.posting_layout, name="posting_layout"),
    path("ledelse/abonnementer/", subscriptions.show_subscriptions, name="subscriptions"),
    path("ledelse/abonnementer/<int:pk>/afmelding/", subscriptions.end_subscription, name="subscription_end"),
    path("ledelse/faktura/<invoice:invoice_number>/mail/", invoicing.invoice_mail, name="invoice_mail"),
    path("ledelse/faktura/", invoicing.invoice_list, name="invoices"),
    path("ledelse/faktura/<invoice:invoice_number>/", invoicing.show_invoice, name="invoice"),
    path(
        "ledelse/faktura/<invoice:invoice_number>/<slug:file_format>.xml", invoicing.invoice_file, name="invoice_file"
    ),
    path("ledelse/faktura/<invoice:invoice_number>/kreditering/", invoicing.invoice_credit, name="invoice_credit"),
    path("ledelse/faktura/<invoice:invoice_number>/afsendelse/", invoicing.invoice_dispatch, name="invoice_dispatch"),
    path("ledelse/faktura/kladde/<month:month>/<slug:slug>/", invoicing.invoice_draft, name="invoice_draft"),
    path(
        "ledelse/faktura/kladde/<month:month>/<slug:slug>/a-conto/",
        invoicing.invoice_instalment,
        name="invoice_instalment",
    ),
    path(
        "ledelse/faktura/kladde/<month:month>/<slug:slug>/kapacitet/",
        invoicing.invoice_capacity,
        name="invoice_capacity",
    ),
    path("ledelse/faktura/kladde/<year:year>/<slug:slug>/", invoicing.invoice_year, name="invoice_year"),
    path("ledelse/faktura/oplysninger/<slug:slug>/", invoicing.invoice_details, name="invoice_details"),
    path("ledelse/noegler/", keys.list_keys, name="keys"),
    path("ledelse/noegler/simulator/", show_simulator, name="simulator"),
    path("ledelse/noegler/simulator.csv", export_simulation, {"ending": "csv"}, name="simulator_csv"),
    path("ledelse/noegler/simulator.xlsx", export_simulation, {"ending": "xlsx"}, name="simulator_xlsx"),
    path("ledelse/kapacitet/", capacity.show_capacity, name="capacity_now"),
    path("ledelse/kapacitet/<month:month>/", capacity.show_capacity, name="capacity"),
    path("ledelse/kapacitet/<month:month>/maaling/", capacity.enter_meter, name="meter"),
    path("ledelse/kapacitet/<month:month>/handel/", capacity.enter_trade, name="trade"),
    path("ledelse/kapacitet/<month:month>/handel/<int:pk>/annullering/", capacity.cancel_trade, name="cancellation"),
    path("ledelse/systemer/", capacity.list_systems, name="systems"),
    path("ledelse/noegletal/", show_key_figures, name="key_figures"),
    path("ledelse/beretning/", show_experience, name="experience"),
    path("ledelse/beretning.csv", export_experience, {"ending": "csv"}, name="experience_csv"),
    path("ledelse/beretning.xlsx", export_experience, {"ending": "xlsx"}, name="experience_xlsx"),
    path("ledelse/beretning/offentliggoerelse/", publications.publications, name="publications"),
    path(
        "ledelse/beretning/offentliggoerelse/<int:number>/tilbagekaldelse/",
        publications.withdraw_publication,
        name="publication_withdrawal",
    ),
    path("beretning/", publications.show_newest, name="published"),
    path("beretning/<int:number>/", publications.show_version, name="published_version"),
    path("beretning/<int:number>.json", publications.version_file, name="published_file"),
    path("ledelse/beretning/erfaring/", write_lesson, name="lesson"),
    path("ledelse/beretning/erfaring/<int:pk>/fjern/", withdraw_lesson, name="lesson_withdrawal"),
    path("ledelse/besparelse/", show_savings, name="savings"),
    path("ledelse/besparelse/indeks/", enter_indices, name="indices"),
    path("ledelse/besparelse/<slug:slug>/", enter_baseline, name="baseline"),
    path("ledelse/noegler/ny-pulje/", keys.new_pool, name="pool_new"),
    path("ledelse/noegler/<slug:slug>/", keys.show_key, name="key"),
    path("ledelse/noegler/<slug:slug>/ny/", keys.new_key, name="key_new"),
    path("ledelse/noegler/<slug:slug>/giver/", giving.new_giving, name="giving_new"),
    path("ledelse/aar/", settlement.list_years, name="years"),
    path("ledelse/aar/<year:year>/", settlement.show_year, name="year"),
    path("ledelse/aar/<year:year>.csv", settlement.export_year, {"ending": "csv"}, name="year_csv"),
    path("ledelse/aar/<year:year>.xlsx", settlement.export_year, {"ending": "xlsx"}, name="year_xlsx"),
    path("ledelse/aar/<year:year>/budget/", settlement.edit_budget, name="budget"),
    path("ledelse/aar/<year:year>/budget/import/", budgets.budget_import, name="budget_import"),
    path("ledelse/aar/<year:year>/budget/import/<int:pk>/", budgets.budget_preview, name="budget_preview"),
    path(
        "ledelse/aar/<year:year>/budget/import/<int:pk>/bekraeft/",
        budgets.budget_confirmation,
        name="budget_confirmation",
    ),
    path("ledelse/aar/<year:year>/budget/import/<int:pk>/afviste.csv", budgets.budget_rejects, name="budget_rejects"),
    path("ledelse/aar/<year:year>/budget/fordeling/", settlement.budget_fix, name="budget_fix"),
    path("ledelse/deltagelse/", settlement.list_members, name="members"),
    path("ledelse/deltagelse/ind/", settlement.joining, name="joining"),
    path("ledelse/deltagelse/ud/", settlement.leaving, name="leaving"),
    path("ledelse/deltagelse/kontrakt/", settlement.contract, name="contract"),
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
    path("ledelse/periode/<month:month>/afsendelse/", finance_views.statements_sending, name="statements_sending"),
    path("ledelse/periode/<month:month>/maengder/", finance_views.quantities, name="quantities"),
    path("ledelse/periode/<month:month>/grundlag/<int:pk>/", correction_views.show_evidence, name="evidence"),
    path("ledelse/periode/<month:month>/korrektion/", correction_views.show_correction, name="correction"),
    path(
        "ledelse/periode/<month:month>/korrektion/bogfoer/",
        correction_views.correction_booking,
        name="correction_booking",
    ),
    path(
        "ledelse/periode/<month:month>/korrektion/maengde/", correction_views.value_correction, name="value_correction"
    ),
    path("ledelse/periode/<month:month>/linje/<int:pk>/", finance_views.assignment, name="assignment"),
]
