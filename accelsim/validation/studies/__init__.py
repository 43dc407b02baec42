"""One module a study; each defines ``STUDY``, and is found by being here."""
