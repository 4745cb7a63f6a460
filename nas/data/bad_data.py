"""The one error for data that cannot be learnt from."""


class BadData(ValueError):
    """The data given are missing, broken or unfit; the message says which file and what to change."""
