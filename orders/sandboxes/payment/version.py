"""The version of Stripe's API that the installed SDK speaks; events are written in it."""

import stripe

API_VERSION: str = stripe.api_version
