"""Our REST plumbing: envelope, errors, paging, limits. Imports no app."""
