"""Makes our own site the one that `admin.site` means; it stands in for `django.contrib.admin` among the apps."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    default_site = "cms.staff.site.StaffSite"
