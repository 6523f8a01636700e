"""Refusals, each carrying the status and the error object that Stripe would answer."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """A request that is answered with an error object.

    ``keeps_work`` says that what was written before the refusal stays: a declined card leaves a failed charge.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keeps_work: bool = False,
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keeps_work = keeps_work
        self.headers = dict(headers or {})
        stated = {"type": kind, "code": code, "message": message, "param": param, **details}
        self.error = {name: value for name, value in stated.items() if value is not None}
        if code:
            self.error["doc_url"] = f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def no_such(kind: str, identifier: str, *, param: str, status: int = 400) -> Refusal:
    """An identifier that is not in the ledger; 404 when it came from the address, 400 when from a parameter."""
    return Refusal(f"No such {kind}: '{identifier}'", status=status, code="resource_missing", param=param)


def missing(param: str) -> Refusal:
    return Refusal(f"Missing required param: {param}.", code="parameter_missing", param=param)


def not_implemented(param: str, value: str | None = None) -> Refusal:
    """A parameter, or a value of one, that Stripe knows and this sandbox does not serve."""
    what = f"the parameter {param}" if value is None else f"{param}={value}"
    message = (
        f"The payment sandbox does not implement {what}, though Stripe does. Leave it out, or test against Stripe."
    )
    return Refusal(message, code="parameter_unknown", param=param)


def unauthenticated(message: str) -> Refusal:
    return Refusal(message, status=401, headers={"WWW-Authenticate": 'Bearer realm="Stripe"'})


def unexpected_state(message: str, intent: dict[str, Any]) -> Refusal:
    return Refusal(message, code="payment_intent_unexpected_state", payment_intent=intent)
