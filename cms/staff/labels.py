"""The labels of the admin's theme that have no Japanese of their own.

The theme ships no catalogue. Its texts stand here so that ours holds their Japanese; a test compares this list with
what the theme's installed release asks for.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

THEME_LABELS = (
    gettext_noop("Select record"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select value"),
    gettext_noop("Dataset not found. No action performed."),
    gettext_noop("You can not create nested object without parent"),
    gettext_noop("Run"),
    gettext_noop("Expand row"),
    gettext_noop("Type to search"),
    gettext_noop("No data"),
    gettext_noop("More actions"),
    gettext_noop("All applications"),
    gettext_noop("True"),
    gettext_noop("False"),
    gettext_noop("Apply Filters"),
    gettext_noop("Select all rows"),
    gettext_noop("Recent searches"),
    gettext_noop("No recent searches"),
    gettext_noop("No results matching your query"),
    gettext_noop("Loading more results..."),
    gettext_noop("Cancel"),
    gettext_noop("Submit"),
    gettext_noop("Record picture"),
    gettext_noop("This item will be deleted."),
    gettext_noop("Click to cancel"),
    gettext_noop("No results found"),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Filters"),
    gettext_noop("Reset filters"),
    gettext_noop("Image preview"),
    gettext_noop("Click to download"),
    gettext_noop("Go back"),
    gettext_noop("Previous"),
    gettext_noop("Next"),
    gettext_noop("Search apps and models..."),
    gettext_noop("General"),
    gettext_noop("Light"),
    gettext_noop("Dark"),
    gettext_noop("System"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Add row"),
    gettext_noop("Date"),
)
# Texts of pages that are never shown here: members sign in, sign out and set their passwords in their own account.
UNUSED_LABELS = (
    "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
    'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.',
    "After you've created a user, you’ll be able to edit more user options.",
    "Welcome back to",
    "Forgotten your password or username?",
    "You have been successfully logged out from the administration",
    "Return to site",
    "Toggle password visibility",
    "Select currency",
)
SEARCH_TOOK = ngettext_lazy(
    "\n                Found %(counter)s result in %(time)s seconds\n            ",
    "\n                Found %(counter)s results in %(time)s seconds\n            ",
)
