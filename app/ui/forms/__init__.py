"""An answer in the form of its question: a view of its verified sentences, each value with the number of its source."""
