"""The ways onward of a step: an ordered table, conditions put together by clicking, a tester.

`rows` is what stands in the builder of a condition, `values` what can be known at this point,
`tester` what would happen with some data; `table`, `way` and `scenarios` are the pages, which
`WayPages` mounts.
"""

from admin_site.design.ways.mounting import WayPages

__all__ = ["WayPages"]
