"""Invoices and credit notes to the municipalities: one value model, two wire formats, and the way out of the house.

`document` is what an invoice says (EN 16931), `oioubl` and `peppol` write it, `rules` and `checks` refuse what the
networks would refuse, `issuing` gives it a number for good, `dispatching` brings it to the buyer.
"""
