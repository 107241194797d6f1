"""The words of the clocks: which clocks there are, in which states a ticket and a clock can be."""

TIMERS = ("first_response", "next_update", "resolution")
OLA = "ola"
VENDOR = "vendor"
KINDS = (*TIMERS, OLA, VENDOR)
# The other clocks tell only of their breach.
WARNED = ("first_response", "resolution")
# First response and vendor clocks run whatever the ticket waits for.
PAUSABLE = ("next_update", "resolution", OLA)

NEW = "new"
OPEN = "open"
WAITING_REQUESTER = "waiting_requester"
WAITING_PLANNED = "waiting_planned"
WAITING_VENDOR = "waiting_vendor"
WAITING_THIRD_PARTY = "waiting_third_party"
# What an unsolved ticket can be in; solved and merged have events of their own.
TICKET_STATES = (NEW, OPEN, WAITING_REQUESTER, WAITING_PLANNED, WAITING_VENDOR, WAITING_THIRD_PARTY)

RUNNING = "running"
PAUSED = "paused"
MET = "met"
BREACHED = "breached"
MERGED = "merged"
VOID = "void"
NO_TARGET = "no_target"
CLOCK_STATES = (RUNNING, PAUSED, MET, BREACHED, MERGED, VOID, NO_TARGET)
# Not counted for or against anyone.
EXCLUDED = (MERGED, VOID, NO_TARGET)
