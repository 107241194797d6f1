"""What the municipalities can tell of their community: unit costs, cross-subsidy, and the account so far."""
