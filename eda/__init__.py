"""An open EDA optimization toolkit for arithmetic circuits and netlists."""

__version__ = "0.1.0"
