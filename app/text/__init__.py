"""The elements of English and Chinese text: names, numbers, dates, words."""
