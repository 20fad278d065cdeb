"""The steps from question to answer, in order: one file to read, a LangChain Runnable."""
