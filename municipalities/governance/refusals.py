"""What joint decisions refuse, each with what to do instead."""

from django.utils.translation import gettext_lazy as _

from servicecenter.errors import RuleBroken


class MayNotPropose(RuleBroken):
    status = 403

    def __init__(self):
        super().__init__(_("You may not propose this for all municipalities concerned. Ask somebody who may."))


class Backwards(RuleBroken):
    def __init__(self):
        super().__init__(_("A change never takes effect backwards. Choose a day that lies ahead."))


class AlreadyProposed(RuleBroken):
    def __init__(self):
        super().__init__(_("There is a proposal about this already. Let it be decided, or withdraw it first."))


class NotOpen(RuleBroken):
    def __init__(self):
        super().__init__(_("The proposal is settled, so nothing more can be decided about it."))


class TooLate(RuleBroken):
    def __init__(self):
        super().__init__(
            _("The day on which the change should take effect has come. Propose it anew with a later day.")
        )


class MayNotDecide(RuleBroken):
    status = 403

    def __init__(self):
        super().__init__(_("Only the director of a municipality that the proposal concerns decides for it."))


class AlreadyDecided(RuleBroken):
    def __init__(self):
        super().__init__(_("The municipality has decided already, and a decision is final."))


class NoMinutes(RuleBroken):
    def __init__(self):
        super().__init__(_("Write where the decision stands in the minutes, for example “Item 4, 12 November”."))
