"""Does the evidence support a sentence? `checker` decides; the others read figures, dates, names and wording for it."""
