"""From a folder of documents to an index that can be searched and quoted from."""
