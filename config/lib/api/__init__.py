"""What every endpoint of the REST API shares.

In several modules because REST framework imports the classes that the settings name while it is itself being imported.
"""
