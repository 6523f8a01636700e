"""The objects that the API answers, each with every key that Stripe's own carries."""
