"""The one error for data that cannot be learnt from."""


class BadData(ValueError):
    """The data given is missing, broken or unfit; the message says which file or array, and what to change."""
