"""Reading the audit export of ServiceNow incidents: one row per update, 36 columns, local times, `?` for unknown.

`export` reads rows, `mapping` says what their words mean here, `retelling` makes events of them (all three without the
database), `writing` writes tickets with their clocks.
"""
