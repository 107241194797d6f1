"""Thirteen months at the desk for a first look: queues, services, calendars, agreements, and the life of tickets."""
