"""What is promised, while processes are killed, frozen, and robbed of their database.

`python -m tests.faults` (`make faults`) starts the product as real processes on a database of its
own, lets people and other systems work with it over HTTP, does harm for minutes, and then counts
what was lost, done twice, or left standing. docs/testing.md tells how to read what it prints.

    points    where a process can be told to die: inside of the product's processes
    nest      a program from which these processes are forked
    fleet     the nest, from outside: keeps web servers and workers running
    story     the workflow with every kind of step, the people, and what each ticket must come to
    systems   the other company's system, which remembers what it was asked and what it sent back
    people    requesters and workers with a browser's session; they note what was acknowledged
    harm      kills, freezes, and restarts of the database
    checker   what was acknowledged, against what is there
"""
