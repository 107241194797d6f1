"""Reports by mail: who wants which, when each is due, what is in it, and a record of who got what."""
