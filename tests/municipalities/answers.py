"""What strangers are answered at every address of the desk: one table per app, looked up by URL name.

A row says what three people get who have nothing to do with Egedal: an employee of Furesø, a director of Furesø, and
somebody who is not signed in. An address without a row fails the test, so nobody forgets to think of it.
"""

OWN = "a page that shows nothing of Egedal's"
ABSENT = "404, as if it were not there"
SIGN_IN = "sent to the page where one signs in"
REFUSED = "401, the API wants a token"
POST_ONLY = "405, reading does nothing"
ONWARD = "sent on within the desk"

EVERYBODY_SIGNED_IN = (OWN, OWN, SIGN_IN)
NOBODY = (ABSENT, ABSENT, SIGN_IN)
# Only forms are sent there; sent by a stranger they find nothing, which the test asks too.
FORM_ONLY = (POST_ONLY, POST_ONLY, SIGN_IN)

TICKETS = {
    "tickets:home": EVERYBODY_SIGNED_IN,
    "tickets:notices": EVERYBODY_SIGNED_IN,
    "tickets:notice_settings": EVERYBODY_SIGNED_IN,
    "tickets:notice": NOBODY,
    "tickets:duty": NOBODY,
    "tickets:end_duty": FORM_ONLY,
    "tickets:mine": EVERYBODY_SIGNED_IN,
    "tickets:file": EVERYBODY_SIGNED_IN,
    "tickets:listed": (ABSENT, OWN, SIGN_IN),
    **dict.fromkeys(
        [
            "tickets:ticket", "tickets:answer", "tickets:add_files", "tickets:close", "tickets:reopen",
            "tickets:attachment", "tickets:console", "tickets:queue", "tickets:console_ticket", "tickets:take",
            "tickets:assign", "tickets:move", "tickets:priority", "tickets:wait", "tickets:resume", "tickets:reply",
            "tickets:note", "tickets:resolve", "tickets:cancel", "tickets:time", "tickets:void_clock", "tickets:clocks",
            "tickets:link_incident",
            "tickets:merge",
            "tickets:next", "tickets:previous",
            "tickets:take_many", "tickets:assign_many", "tickets:move_many", "tickets:set_priority_many",
            "tickets:note_many",
        ],
        NOBODY,
    ),
    # What is agreed is joint: directors read it, and leads and administrators propose it anew.
    "tickets:calendars": (ABSENT, OWN, SIGN_IN),
    "tickets:agreements": (ABSENT, OWN, SIGN_IN),
    **dict.fromkeys(["tickets:calendar", "tickets:calendar_new", "tickets:calendar_version"], NOBODY),
    "tickets:try_clocks_again": FORM_ONLY,
    "tickets:tell_again": FORM_ONLY,
    "tickets:end_incident": FORM_ONLY,
    "tickets:incident": NOBODY,
    **dict.fromkeys(["tickets:agreement", "tickets:agreement_new", "tickets:agreement_version"], NOBODY),
    "api-ticket-list": (REFUSED, REFUSED, REFUSED),
    "api-ticket-detail": (REFUSED, REFUSED, REFUSED),
}  # fmt: skip

LEVELS = {
    **dict.fromkeys(
        [
            "tickets:delay", "tickets:rate", "tickets:console_delay", "tickets:visit", "tickets:end_visit",
            "tickets:level_months", "tickets:equality_margin", "tickets:phone_figures",
        ],
        NOBODY,
    ),
    # Totals open for every director, of all municipalities; the list behind them shows the own only.
    **dict.fromkeys(
        [
            "tickets:service_levels", "tickets:levels_csv", "tickets:levels_xlsx", "tickets:vendors",
            "tickets:level_tickets", "tickets:equality", "tickets:servicenow", "tickets:servicenow_csv",
        ],
        (ABSENT, OWN, SIGN_IN),
    ),
    "tickets:close_level_month": FORM_ONLY,
    "tickets:count_levels": FORM_ONLY,
}  # fmt: skip

MUNICIPALITIES = {
    "municipalities:login": (OWN, OWN, OWN),
    "municipalities:logout": FORM_ONLY,
    "municipalities:password_reset": (OWN, OWN, OWN),
    "municipalities:password_reset_confirm": (OWN, OWN, OWN),
    "municipalities:proposals": (ABSENT, OWN, SIGN_IN),
    "municipalities:proposal": NOBODY,
    "municipalities:decision": FORM_ONLY,
    "municipalities:withdrawal": FORM_ONLY,
    "accessibility": (OWN, OWN, OWN),
    "privacy": (OWN, OWN, OWN),
    "set_language": (POST_ONLY, POST_ONLY, POST_ONLY),
}

# The administration is one door: who is not staff comes no further than its sign-in, whatever lies behind. A model that
# it newly offers still needs its line here.
AT_THE_DOOR = (SIGN_IN, SIGN_IN, SIGN_IN)
ADMINISTERED = [
    "billing/budget", "billing/criticalsystem", "billing/datacentre", "billing/driver", "billing/keyversion",
    "billing/participation", "billing/pool", "billing/resource", "knox/authtoken",
    "municipalities/municipality", "municipalities/person", "municipalities/site", "tickets/agreement",
    "tickets/agreementversion", "tickets/calendar", "tickets/calendarversion", "tickets/category", "tickets/queue",
    "tickets/service", "tickets/vendor",
]  # fmt: skip
ADMIN = {
    "admin:login": (OWN, OWN, OWN),
    "admin:logout": (ONWARD, ONWARD, SIGN_IN),
    **dict.fromkeys(
        [
            "admin:index", "admin:app_list", "admin:autocomplete", "admin:jsi18n", "admin:view_on_site",
            "admin:password_change", "admin:password_change_done", "admin:admin/(?P<url>.*)$",
        ],
        AT_THE_DOOR,
    ),
    **{f"admin:admin/{model}/<path:object_id>/": AT_THE_DOOR for model in ADMINISTERED},
    **{
        f"admin:{model.replace('/', '_')}_{page}": AT_THE_DOOR
        for model in ADMINISTERED
        for page in ("changelist", "add", "change", "delete", "history")
    },
}  # fmt: skip

# Totals open for every director; entries, trace and export only for the own municipality and joint finance.
TOTALS = (ABSENT, OWN, SIGN_IN)
BILLING = {
    "billing:years": TOTALS,
    "billing:year": TOTALS,
    "billing:invoices": TOTALS,
    **dict.fromkeys(["billing:capacity_now", "billing:capacity", "billing:systems"], TOTALS),
    **dict.fromkeys(["billing:meter", "billing:trade", "billing:cancellation"], NOBODY),
    **dict.fromkeys(["billing:key", "billing:key_new", "billing:pool_new", "billing:giving_new"], NOBODY),
    "billing:pdf": TOTALS,
    "billing:invoice_instalment": NOBODY,
    "billing:subscriptions": TOTALS,
    **dict.fromkeys(["billing:subscription_end", "billing:invoice_mail"], FORM_ONLY),
    "billing:postings": TOTALS,
    "billing:newest_postings": (ABSENT, ONWARD, SIGN_IN),
    **dict.fromkeys(["billing:posting_file", "billing:posting_layout"], NOBODY),
    **dict.fromkeys(["billing:overview", "billing:statements", "billing:statement", "billing:keys"], TOTALS),
    **dict.fromkeys(["billing:simulator", "billing:simulator_csv", "billing:simulator_xlsx"], TOTALS),
    "billing:savings": TOTALS,
    "billing:lesson": (ABSENT, ONWARD, SIGN_IN),
    **dict.fromkeys(
        ["billing:key_figures", "billing:experience", "billing:experience_csv", "billing:experience_xlsx"], TOTALS
    ),
    **dict.fromkeys(["billing:indices", "billing:baseline", "billing:publications"], NOBODY),
    "billing:publication_withdrawal": FORM_ONLY,
    # Open to anybody once something is published; nothing is in this world.
    **dict.fromkeys(
        ["billing:published", "billing:published_version", "billing:published_file"], (ABSENT, ABSENT, ABSENT)
    ),
    **dict.fromkeys(
        [
            "billing:entries", "billing:csv", "billing:xlsx", "billing:imports", "billing:import", "billing:periods",
            "billing:import_rejects", "billing:line", "billing:work_list", "billing:rules",
            "billing:period", "billing:invoice", "billing:invoice_file", "billing:invoice_draft",
            "billing:invoice_details",
            "billing:evidence", "billing:correction", "billing:budget", "billing:members", "billing:year_csv",
            "billing:year_xlsx", "billing:budget_import", "billing:budget_preview", "billing:budget_rejects",
            "billing:invoice_year", "billing:invoice_capacity",
        ],
        NOBODY,
    ),
    **dict.fromkeys(
        [
            "billing:import_confirmation", "billing:calculation", "billing:approval", "billing:closing",
            "billing:quantities", "billing:assignment", "billing:rules_application", "billing:rule_end",
            "billing:invoice_credit", "billing:invoice_dispatch",
            "billing:correction_booking", "billing:value_correction", "billing:lesson_withdrawal",
            "billing:budget_fix", "billing:budget_confirmation", "billing:statements_sending",
            "billing:joining", "billing:leaving", "billing:contract",
        ],
        FORM_ONLY,
    ),
}  # fmt: skip

OUTBOX = {
    "outbox:letters": NOBODY,
    "outbox:send_again": FORM_ONLY,
    "outbox:send_all_again": FORM_ONLY,
}

ANSWERS = TICKETS | LEVELS | MUNICIPALITIES | BILLING | ADMIN | OUTBOX
