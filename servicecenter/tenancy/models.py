"""No models: the app is here for its migration, checks and grants. Django signals only apps with this module."""
