"""Measure speed beside other libraries and beside this machine's limit."""
