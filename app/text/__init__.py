"""What English and Chinese text is made of: names, numbers, dates, words."""
