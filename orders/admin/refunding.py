"""Giving money back by a form: chosen first, then shown with its sums and what would be done, then confirmed."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.lib import clock
from config.lib.money import yen
from config.lib.staff import page_of
from orders.admin.acts import may_take_back
from orders.models import Order, Refund
from orders.services import refunding
from orders.services.refunding import NotRefundable, OfLine, Part, Plan, Rest, Where, Wish

FORM, SHOWN = "admin/orders/order/refund.html", "admin/orders/order/refund_shown.html"
Kind = Refund.Kind
WHERE: dict[Where, Any] = {
    Where.VIDEO: gettext_lazy("can be watched no more"),
    Where.HERE: gettext_lazy("neither sent nor with the warehouse: cancel the order instead"),
    Where.TOLD: gettext_lazy("with the warehouse, which stops all that it sends together"),
    Where.LEFT: gettext_lazy("on its way, or with the buyer"),
    Where.STOPPED: gettext_lazy("was stopped before it left"),
    Where.ELSEWHERE: gettext_lazy("no warehouse has to do with it"),
}


def refusal(error: NotRefundable) -> str:
    """Why it is not given back, and what to do instead."""
    words = {
        refunding.NotPaid: _("The order is not paid, or is being taken back with all of its money."),
        refunding.NothingLeft: _("Nothing is left of what was chosen: it was given back, or is being given back."),
        refunding.NotPositive: _("Choose at least one piece, the shipping fee, or an amount of one yen or more."),
        refunding.NoReason: _("Say why: the reason is kept."),
        refunding.OtherForm: _("This form was sent already. Begin anew."),
        refunding.OtherSum: _("Something was given back meanwhile, so that it comes to another sum. Look at it again."),
        refunding.MoreThanTheRest: _("At most %(left)s can be given back."),
        refunding.LineRefunded: _("%(line)s: %(pieces)s left to be given back."),
        refunding.NotSent: _("%(line)s is neither sent nor with the warehouse yet. Cancel the order instead."),
        refunding.OnlyWhole: _(
            "%(line)s: the warehouse can only stop all that it sends together. Choose all of it, wait until it has "
            "left, or give a free amount back."
        ),
        refunding.NotBack: _("%(line)s: only %(pieces)s of it can come back to the shelf."),
    }.get(type(error), _("It cannot be given back."))
    facts = {"left": yen(getattr(error, "left", 0)), "pieces": getattr(error, "left", 0)}
    return words % (facts | {"line": error.line.name if isinstance(error, OfLine) else ""})


@dataclass(frozen=True)
class Choice:
    """A line of the order as the form shows it."""

    part: Part
    where: Any
    quantity: BoundField | None
    restocked: BoundField | None


class RefundForm(forms.Form):
    """What is to be given back; the fields of the lines depend on what is left of them."""

    kind = forms.ChoiceField(label=gettext_lazy("what is given back"), choices=Kind.choices, widget=forms.RadioSelect)
    amount = forms.IntegerField(label=gettext_lazy("amount in yen"), min_value=1, required=False)
    with_shipping = forms.BooleanField(label=gettext_lazy("with the shipping fee"), required=False)
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=refunding.LONGEST_REASON)
    token = forms.UUIDField(widget=forms.HiddenInput)
    shown = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, rest: Rest) -> None:
        super().__init__(data, initial={"kind": Kind.LINES, "token": uuid4()})
        self.rest = rest
        for part in rest.parts:
            if part.quantity and part.where != Where.HERE:
                self.fields[f"quantity_{part.line.pk}"] = forms.IntegerField(
                    label=_("pieces of %s") % part.line.name, min_value=0, max_value=part.quantity, required=False
                )
            if part.quantity and part.returnable:
                label = _("%s comes back to the shelf") % part.line.name
                self.fields[f"restocked_{part.line.pk}"] = forms.BooleanField(label=label, required=False)

    def choices(self) -> list[Choice]:
        return [
            Choice(part, WHERE[part.where], self._bound("quantity", part), self._bound("restocked", part))
            for part in self.rest.parts
        ]

    def _bound(self, what: str, part: Part) -> BoundField | None:
        name = f"{what}_{part.line.pk}"
        return self[name] if name in self.fields else None

    def wish(self) -> Wish:
        """What a form without faults asks for."""
        sent, pks = self.cleaned_data, [part.line.pk for part in self.rest.parts]
        return Wish(
            kind=Kind(sent["kind"]),
            quantities={pk: sent[f"quantity_{pk}"] for pk in pks if sent.get(f"quantity_{pk}")},
            restocked=frozenset(pk for pk in pks if sent.get(f"restocked_{pk}")),
            with_shipping=sent["with_shipping"],
            amount=sent["amount"] or 0,
        )


def refund_order(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The form, what it comes to, and the asking itself, which a second press does not repeat."""
    if not may_take_back(request):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    form = RefundForm(request.POST if request.method == "POST" else None, rest=refunding.rest_of(order))
    if not form.is_bound or "again" in request.POST or not form.is_valid():
        return _page(site, request, FORM, order, form)
    if "confirmed" in request.POST:
        return _ask(site, request, order, form)
    try:
        plan = refunding.preview(order, form.wish())
    except NotRefundable as error:
        form.add_error(None, refusal(error))
        return _page(site, request, FORM, order, form)
    return _page(site, request, SHOWN, order, form, plan=plan, steps=steps(plan))


def _ask(site: AdminSite, request: HttpRequest, order: Order, form: RefundForm) -> HttpResponse:
    sent, user = form.cleaned_data, request.user
    try:
        refund = refunding.ask(
            order=order,
            wish=form.wish(),
            actor=user,  # type: ignore[arg-type]
            reason=sent["reason"],
            token=sent["token"],
            shown=sent["shown"],
            now=clock.now(),
        )
    except NotRefundable as error:
        form.add_error(None, refusal(error))
        return _page(site, request, FORM, order, form)
    messages.success(request, _("%s is being given back.") % yen(refund.amount))
    return HttpResponseRedirect(page_of(order))


def steps(plan: Plan) -> list[str]:
    """What the refund would do, in people's words and in its order."""
    stopped = [one.line.name for one in plan.lines if one.is_recalled]
    films = [one.line.name for one in plan.lines if one.quantity and not one.line.is_goods]
    back = [f"{one.line.name} × {one.quantity}" for one in plan.lines if one.is_restocked]
    join = _(", ").join
    return [
        *([_("The warehouse is asked to stop %s.") % join(stopped)] if stopped else []),
        *([_("The right to watch %s ends.") % join(films)] if films else []),
        _("%s goes back the way it was paid.") % yen(plan.amount),
        *([_("%s is put on the shelf again.") % join(back)] if back else []),
        _("A return invoice is issued, and the buyer is told by mail."),
    ]


def _page(
    site: AdminSite, request: HttpRequest, template: str, order: Order, form: RefundForm, **more: Any
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _("Give money back"),
        "order": order,
        "form": form,
        "rest": form.rest,
        "back": page_of(order),
        **more,
    }
    return TemplateResponse(request, template, context)
