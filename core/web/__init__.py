"""The pages that do not belong to one platform: base template, static files, the status page."""
