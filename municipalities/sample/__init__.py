"""The community for a first look: three municipalities, the shared centre, and the people of both. All invented."""
