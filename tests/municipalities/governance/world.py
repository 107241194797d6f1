"""Three municipalities with a director each, an administrator of the centre, and a calendar to change."""

from datetime import UTC, date, datetime, timedelta

from municipalities.governance import proposals
from municipalities.models import Municipality
from tests.factories import MONDAY, WEEK, make_agent, make_agreement, make_director, make_municipality, make_ticket
from tickets.sla.administration.calendar_proposals import CALENDAR
from tickets.sla.models import Calendar

TUESDAY = date(2026, 11, 3)
MIDNIGHT = datetime(2026, 11, 2, 23, 0, tzinfo=UTC)  # of Tuesday, in Denmark
LATER = MONDAY + timedelta(hours=1)
# From Tuesday the desk opens at ten instead of eight.
LATE_START = {key: [["10:00", "16:00"]] for key in WEEK}
MINUTES = "Punkt 4, 12. november 2026"


class Together:
    def __init__(self):
        make_agreement()
        self.calendar = Calendar.objects.get(code="desk")
        names = {"Ballerup": "151", "Furesoe": "190", "Egedal": "240"}
        self.members = [make_municipality(name, code=code) for name, code in names.items()]
        self.ballerup, self.furesoe, self.egedal = self.members
        self.directors = {member.pk: make_director(member, title="Direktør") for member in self.members}
        self.amir = make_agent(*self.members, role="administrator", queues=[], name="Amir Haddad")

    def change(self, **fields):
        return {"valid_from": TUESDAY.isoformat(), "weekly": LATE_START, "holidays": [], "exceptions": {}} | fields

    def propose(self, *, at=LATER, by=None, change=None, takes_effect_at=MIDNIGHT, municipalities=None, **fields):
        return proposals.propose(
            CALENDAR, subject=fields.pop("subject", "desk"), title="Åbningstid", change=change or self.change(),
            takes_effect_at=takes_effect_at, municipalities=municipalities or self.members, by=by or self.amir,
            reason="Telefonerne er stille før ti.", at=at,
        )  # fmt: skip

    def decide(self, proposal, member, *, is_yes=True, at=LATER, **fields):
        by = fields.pop("by", None) or self.directors[member.pk]
        return proposals.decide(proposal, municipality=member, by=by, is_yes=is_yes, reference=MINUTES, at=at, **fields)

    def ticket(self, member, **fields):
        """Filed Monday at nine; solved by Tuesday at nine, or at eleven when the desk opens at ten."""
        return make_ticket(Municipality.objects.get(pk=member.pk), **fields)
