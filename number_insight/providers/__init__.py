"""Providers: to add one, subclass `base.Provider` in a new module, and name it in ``PROVIDERS``."""
