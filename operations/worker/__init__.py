"""The worker: a program that does the jobs, and looks after what was left behind.

`program` runs procrastinate's workers, `connection` and `manager` are how these talk to the
database, `supervisor` sweeps, and takes over from workers who died.
"""
