"""`python -m app` is `ask-the-plan`."""

from app.cli.main import main

main(prog_name="ask-the-plan")
