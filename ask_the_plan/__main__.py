"""`python -m ask_the_plan` is `ask-the-plan`."""

from ask_the_plan import main

main()
