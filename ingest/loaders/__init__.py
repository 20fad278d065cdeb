"""One module a family of formats: each turns a file into a `Document`.

`ingest.load` says which module reads which suffix. Formats with structure become Markdown: headings stay headings, tables
become tables with their column headings. The libraries are imported when the first file of their kind is read.
"""
