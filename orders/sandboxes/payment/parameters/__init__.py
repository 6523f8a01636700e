"""Request parameters: decoded from the form, then checked against the SDK's own typed parameter classes."""
