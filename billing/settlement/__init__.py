"""The year of the community: budget, instalments on account, settlement, joining and leaving."""
