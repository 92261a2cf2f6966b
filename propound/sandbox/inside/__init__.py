"""What runs in the started interpreter: it isolates itself, then becomes the program. Standard library only.

Nothing here imports the rest of Propound: every import is paid once per execution, and whatever is imported
is also in the address space of the untrusted program.
"""
