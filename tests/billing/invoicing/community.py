"""A community that is ready to invoice: three municipalities with what an e-invoice needs, and a closed October."""

from datetime import UTC, date, datetime

from billing import periods
from billing.models import AccountString, BudgetPlan, Instalment, InvoiceParty
from municipalities import roles
from municipalities.models import Municipality
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_person

AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 10)
NUMBERS = {
    "ballerup": ("58271713", "5790000151004"),
    "furesoe": ("29188327", "5790001900007"),
    "egedal": ("29188386", "5790002400001"),
}


class Community(World):
    """The World of four pools, with VAT decided, parties complete and account strings; nothing is calculated yet."""

    def __init__(self, vat_mode="taxable", vat_basis="Momsloven § 3"):
        super().__init__()
        operator = Municipality.objects.filter(pk=self.operator.pk)
        operator.update(cvr="12345674", vat_mode=vat_mode, vat_basis=vat_basis)
        self.operator.refresh_from_db()
        make_party(self.operator, bank_registration="0216", bank_account="4069123456")
        for member in self.members:
            member.cvr, member.gln = NUMBERS[member.slug]
            member.save()
            make_party(member, order_reference="IT-2026")
            AccountString.objects.create(municipality=member, account_string="0064552010047000", art="4.7")
        self.clerk = make_person(self.egedal)
        roles.give(self.clerk, "municipal_finance")

    def plan(self, year):
        """Egedal pays 2,500.00 on account in October; the run that the plan rests on is the current one."""
        plan = BudgetPlan.objects.create(
            year=year, basis=self.october.runs.get(is_current=True), created_by=self.lone, created_at=NOON
        )
        return Instalment.objects.create(
            municipality=self.egedal, plan=plan, number=10, month=OCTOBER, amount_ore=250_000
        )

    def close_october(self):
        self.lines()
        periods.calculate(self.october, by=self.lone, at=NOON)
        periods.approve(self.october, by=self.per, at=NOON)
        periods.close(self.october, by=self.per, at=NOON)
        self.october.refresh_from_db()
        return self.october


def make_party(municipality, **fields):
    words = {
        "street": "Rådhustorvet 1", "post_code": "3660", "city": "Stenløse", "reference": "OEKO1",
        "contact_name": "Åse Bæk", "contact_phone": "72596000", "contact_email": "aase@kommune.example",
    }  # fmt: skip
    return InvoiceParty.objects.create(municipality=municipality, **(words | fields))


__all__ = ["AT", "OCTOBER", "TODAY", "Community", "make_party"]
