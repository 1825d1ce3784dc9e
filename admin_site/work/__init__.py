"""The work site: what is mine to do, what I could take, what I have done."""

from admin_site.work.site import WorkSite
from admin_site.work.tasks import TaskAdmin
from operations.models import TaskInstance

work_site = WorkSite()
work_site.register(TaskInstance, TaskAdmin)

__all__ = ["work_site"]
