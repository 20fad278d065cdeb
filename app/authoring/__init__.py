"""app/authoring"""
