"""What happens to a payment, whichever way it came: by the API, by the browser, or by the hosted page."""
