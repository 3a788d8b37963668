"""The reference as a page: a template, a style sheet and a script, all sent in one file."""
