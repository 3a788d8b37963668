"""Screening of prompts and the record of refusals."""
