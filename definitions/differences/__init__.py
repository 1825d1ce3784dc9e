"""What is different between two canonical documents of one workflow, said in words part by part.

Pure: no Django, no clock, no database. `bundle.differences` says the same in one line, for lists.
Nothing is silent: what has no words of its own is told by its name in the format.
"""

from definitions.differences.comparing import Section, differences

__all__ = ["Section", "differences"]
