"""What is shared, how, and what everybody carries.

Amounts are whole øre. Tables without a municipality are joint: they hold nothing of one municipality. Totals (amounts
and driver values per municipality) are written in scope and read by all; direct lines, evidence and the snapshot of a
run are not. What a period in the states approved and closed rests on cannot change: triggers refuse it, to the owner
of the tables too (migration 0003).
"""

from billing.models.capacity import (
    CapacityTrade,
    CriticalSystem,
    DataCentre,
    Dependence,
    Holding,
    Resource,
    TradeCancellation,
)
from billing.models.corrections import Correction, CorrectionAmount, CorrectionSnapshot, DriverCorrection
from billing.models.drivers import Driver, DriverEvidence, DriverPart, DriverValue
from billing.models.figures import DeskFigure
from billing.models.giving import GivenPart, Giving, Transfer
from billing.models.invoices import (
    AccountString,
    Invoice,
    InvoiceDispatch,
    InvoiceFile,
    InvoiceLine,
    InvoiceParty,
    InvoiceSeries,
)
from billing.models.keys import Budget, KeyVersion, Participation, Pool
from billing.models.ledger import ImportBatch, LedgerLine, Upload
from billing.models.periods import Allocation, Period, Run, RunRequest, Snapshot
from billing.models.postings import PostingLayout
from billing.models.publications import PublishedAccount
from billing.models.rules import AssignmentRule, SourceMapping
from billing.models.savings import Baseline, BaselinePart, HomeCost, IndexSeries, IndexValue, Lesson
from billing.models.seals import LineSeal, PeriodSeal
from billing.models.settlement import BudgetPlan, BudgetShare, Contract, Instalment
from billing.models.subscriptions import ReportDelivery, ReportSubscription

__all__ = [
    "AccountString",
    "Allocation",
    "AssignmentRule",
    "Baseline",
    "BaselinePart",
    "Budget",
    "BudgetPlan",
    "BudgetShare",
    "CapacityTrade",
    "Contract",
    "Correction",
    "CorrectionAmount",
    "CorrectionSnapshot",
    "CriticalSystem",
    "DataCentre",
    "Dependence",
    "DeskFigure",
    "Driver",
    "DriverCorrection",
    "DriverEvidence",
    "DriverPart",
    "DriverValue",
    "GivenPart",
    "Giving",
    "Holding",
    "HomeCost",
    "ImportBatch",
    "IndexSeries",
    "IndexValue",
    "Instalment",
    "Invoice",
    "InvoiceDispatch",
    "InvoiceFile",
    "InvoiceLine",
    "InvoiceParty",
    "InvoiceSeries",
    "KeyVersion",
    "LedgerLine",
    "Lesson",
    "LineSeal",
    "Participation",
    "Period",
    "PeriodSeal",
    "Pool",
    "PostingLayout",
    "PublishedAccount",
    "ReportDelivery",
    "ReportSubscription",
    "Resource",
    "Run",
    "RunRequest",
    "Snapshot",
    "SourceMapping",
    "TradeCancellation",
    "Transfer",
    "Upload",
]
