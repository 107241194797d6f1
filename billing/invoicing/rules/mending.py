"""What a finance officer can do about a broken rule, as one sentence per cause."""

from enum import Enum

from django.utils.translation import gettext_lazy as _


class Mend(Enum):
    """The cause behind a rule: whose details are wrong, which amounts, or this program."""

    SELLER = "seller"
    BUYER = "buyer"
    PARTIES = "parties"
    ACCOUNT = "account"
    VAT = "vat"
    TEXT = "text"
    PERIOD = "period"
    SMALL = "small"
    LARGE = "large"
    PROGRAM = "program"

    @property
    def sentence(self):
        return SENTENCES[self]


SENTENCES = {
    Mend.SELLER: _("Check the name, the CVR number and the address of the shared centre."),
    Mend.BUYER: _("Check the name, the CVR number, the GLN, the address and the person reference of the municipality."),
    Mend.PARTIES: _(
        "Check the details of the municipality and of the shared centre: name, CVR number, address, contact."
    ),
    Mend.ACCOUNT: _("Check the registration number and the account number of the shared centre's bank account."),
    Mend.VAT: _("Check how the shared centre stands to VAT, and the legal basis for it."),
    Mend.TEXT: _("A line or a reference has no text that can be read. Write it anew."),
    Mend.PERIOD: _("The period ends before it begins. Correct its dates."),
    Mend.SMALL: _("A line of a few øre is too small to show its VAT. Put it together with another line."),
    Mend.LARGE: _("An amount is too large for an e-invoice. Split it over several invoices."),
    Mend.PROGRAM: _("This is a fault of the program, not of what you entered. Tell the administrator."),
}
