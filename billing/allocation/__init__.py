"""What every municipality pays, to the øre, and why: pure calculations without the ORM (docs/en/allocation.md)."""
