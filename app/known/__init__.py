"""app/known"""
