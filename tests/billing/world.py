"""A month to share: three municipalities, four pools, their keys, quantities and lines."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing.models import Driver, DriverValue, KeyVersion, LedgerLine, Participation, Period, Pool
from municipalities import roles
from tests.factories import make_municipality, make_operator, make_person

OCTOBER = date(2026, 10, 1)
NOON = datetime(2026, 11, 9, 11, 0, tzinfo=UTC)
SINCE = date(2014, 1, 1)
CODES = ["151", "190", "240"]
INHABITANTS = {"Ballerup": 48_000, "Furesoe": 38_000, "Egedal": 42_000}


class World:
    """Ballerup, Furesø and Egedal (in order of code), and the centre's two finance people."""

    def __init__(self):
        self.operator = make_operator()
        self.members = [make_municipality(name, code=code) for name, code in zip(INHABITANTS, CODES, strict=True)]
        self.ballerup, self.furesoe, self.egedal = self.members
        self.lone, self.per = (make_finance(self.operator, self.members) for _ in range(2))
        self.inhabitants = Driver.objects.create(
            code="inhabitants", name="Indbyggere", nature="stock", unit="indbyggere"
        )
        self.desk = self.pool("desk", {"type": "driver", "driver": "inhabitants"}, label="Indbyggere")
        self.security = self.pool("security", {"type": "equal"}, label="Lige deling")
        self.nexus = self.pool("nexus", None, is_direct=True)
        self.overhead = self.pool("overhead", {"type": "on_cost", "of": ["direct", "desk", "security"]}, label="Andel")
        self.october = self.period(OCTOBER)

    def pool(self, code, definition, *, label="", valid_from=SINCE, is_direct=False):
        pool = Pool.objects.create(
            code=code, name=code.capitalize(), position=Pool.objects.count() + 1, is_direct=is_direct
        )
        if definition:
            KeyVersion.objects.create(
                pool=pool,
                valid_from=valid_from,
                definition=definition,
                label=label,
                sentence=label,
                decided_by="Styregruppen",
            )
            for member in self.members:
                Participation.objects.create(municipality=member, pool=pool, valid_from=valid_from)
        return pool

    def period(self, month):
        period = Period.objects.of_month(month)
        for member, value in zip(self.members, INHABITANTS.values(), strict=True):
            DriverValue.objects.create(
                municipality=member, period=period, driver=self.inhabitants, value=Decimal(value), measured_at=NOON
            )
        return period

    def line(self, external_id, amount_ore, pool=None, *, owner=None, period=None, **fields):
        return LedgerLine.objects.create(
            municipality=owner or self.operator, period=period or self.october, pool=pool, source="erp",
            external_id=external_id, digest=external_id, booked_on=(period or self.october).month,
            amount_ore=amount_ore, **fields,
        )  # fmt: skip

    def lines(self, period=None, prefix=""):
        """12,345.67 + 8,000.01 − 500.00 for the desk, a third of 100.00 for security, Nexus of Egedal, and overhead."""
        self.line(f"{prefix}L1", 1_234_567, self.desk, period=period, vendor="Atea")
        self.line(f"{prefix}L2", 800_001, self.desk, period=period)
        self.line(f"{prefix}L3", -50_000, self.desk, period=period)
        self.line(f"{prefix}S1", 10_000, self.security, period=period)
        self.line(f"{prefix}N1", 61_874_500, self.nexus, owner=self.egedal, period=period, text="KMD Nexus")
        self.line(f"{prefix}O1", 333_333, self.overhead, period=period)


def make_finance(operator, members):
    person = make_person(operator, password="en lang adgangskode")
    roles.give(person, "finance", municipalities=members)
    return person
