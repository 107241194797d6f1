"""What is booked on both sides of an invoice: mirrored pairs, their reconciliation, and files for accounts systems."""
