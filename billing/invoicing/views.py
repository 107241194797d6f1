"""Pages of invoices: the list, one invoice, what is about to be issued, and what invoices say of a party."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.access import is_joint_finance, joint_finance, reads_entries
from billing.invoicing import access_point, checks, dispatching, drafts, issuing, mailing, occasions
from billing.invoicing.document import vat_of
from billing.invoicing.forms import AccountStringsForm, CreditForm, NumbersForm, PartyForm, SendForm
from billing.models import Instalment, Invoice, InvoiceFile, InvoiceParty, Period
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids

SHOWN = 200


@reads_entries
def invoice_list(request):
    """Issued ones, newest first; to those who issue them also the closed months that wait for theirs."""
    may_issue = is_joint_finance(request.user, "manage_invoicing")
    invoices = list(Invoice.objects.granted(request.user, "read_entries").newest_first()[:SHOWN])
    return render(
        request,
        "billing/invoice_list.html",
        {
            "invoices": invoices,
            "waiting": _waiting() if may_issue else [],
            "instalments": _instalments() if may_issue else [],
            "parties": Municipality.objects.filter(pk__in=granted_ids(request.user, Municipality, "manage_invoicing")),
        },
    )


@reads_entries
def show_invoice(request, invoice_number):
    invoice = _invoice(request, invoice_number)
    may_issue = is_joint_finance(request.user, "manage_invoicing")
    context = {
        "invoice": invoice,
        "lines": invoice.lines.all(),
        "files": invoice.files.defer("content").order_by("format"),
        "dispatches": list(invoice.dispatches.select_related("created_by")),
        "followers": list(invoice.followers.select_related("series")),
        "may_issue": may_issue,
        "credit_form": CreditForm(),
        "send_form": SendForm(),
        "has_access_point": bool(access_point.channel()),
        "mail_address": mailing.address_of(invoice),
        "mails": mailing.sent(invoice),
    }
    context["may_send"] = may_issue and all(dispatch.state == "refused" for dispatch in context["dispatches"])
    return render(request, "billing/invoice.html", context)


@reads_entries
def invoice_file(request, invoice_number, file_format):
    invoice = _invoice(request, invoice_number)
    file = get_object_or_404(InvoiceFile, invoice=invoice, format=file_format)
    AuditEntry.objects.record(
        "invoice_downloaded", municipality_id=invoice.municipality_id, actor=request.user, subject=invoice.code,
        format=file_format,
    )  # fmt: skip
    name = dispatching.file_name(invoice, file_format)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(file.content.encode(), content_type="application/xml; charset=utf-8", headers=headers)


@joint_finance("manage_invoicing")
def invoice_draft(request, month, slug):
    """What a month's invoice would say, and what keeps it back; sent, it is issued."""
    return _draft(request, slug, lambda buyer: drafts.of_month(buyer, month))


@joint_finance("manage_invoicing")
def invoice_instalment(request, month, slug):
    """The same for what the year's plan asks for on account in a month."""
    return _draft(request, slug, lambda buyer: drafts.of_instalment(buyer, month))


@joint_finance("manage_invoicing")
def invoice_year(request, year, slug):
    """The same for the settlement of a year, in its three parts."""
    return _draft(request, slug, lambda buyer: occasions.of_year(buyer, year), is_closed=occasions.is_settled)


@joint_finance("manage_invoicing")
def invoice_capacity(request, month, slug):
    """The same for what a municipality gave and took in a month."""
    return _draft(request, slug, lambda buyer: occasions.of_capacity(buyer, month), is_closed=occasions.is_settled)


def _draft(request, slug, read, *, is_closed=None):
    buyer, seller = get_object_or_404(Municipality.objects.members(), slug=slug), Municipality.objects.operator()
    draft = read(buyer)
    if draft is None:
        raise Http404
    lacks = checks.lacks(seller, buyer) or checks.lacks_behind(_faults(draft), seller, buyer)
    is_early = is_closed is not None and not is_closed(draft)
    if request.method == "POST" and not lacks:
        if is_early:
            raise occasions.NotClosed
        invoice = issuing.issue(draft, by=request.user)
        messages.success(request, _("%(number)s is issued.") % {"number": invoice.code})
        return redirect(invoice)
    return render(request, "billing/invoice_draft.html", _drafted(draft, seller, lacks, is_early=is_early))


def _faults(draft):
    """What the networks would say; of a draft without lines there is no file to ask about."""
    return issuing.faults(draft) if draft.lines else []


@require_POST
@joint_finance("manage_invoicing")
def invoice_credit(request, invoice_number):
    invoice = _invoice(request, invoice_number)
    form = CreditForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the invoice is given back."))
        return redirect(invoice)
    note = issuing.credit(invoice, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("%(number)s is issued.") % {"number": note.code})
    return redirect(note)


@require_POST
@joint_finance("manage_invoicing")
def invoice_dispatch(request, invoice_number):
    invoice = _invoice(request, invoice_number)
    form = SendForm(request.POST)
    if form.is_valid():
        dispatching.send(invoice, file_format=form.cleaned_data["format"], by=request.user)
        messages.success(request, _("The file is on its way to the access point."))
    else:
        messages.error(request, _("Choose a format."))
    return redirect(invoice)


@require_POST
@joint_finance("manage_invoicing")
def invoice_mail(request, invoice_number):
    """Both files by mail to the contact that stands on the invoice."""
    invoice = _invoice(request, invoice_number)
    mailing.send(invoice, by=request.user)
    messages.success(request, _("The mail is on its way to %(address)s.") % {"address": mailing.address_of(invoice)})
    return redirect(invoice)


def invoice_details(request, slug):
    """Address, references, numbers and account strings of one party, edited by its own finance people."""
    granted = granted_ids(request.user, Municipality, "manage_invoicing")
    party = get_object_or_404(Municipality.objects.filter(pk__in=granted), slug=slug)
    forms = _detail_forms(request.POST or None, party)
    if request.method == "POST" and _all_valid(forms):
        _store(forms, party, by=request.user)
        messages.success(request, _("The details are stored. They count for invoices from now on."))
        return redirect("billing:invoice_details", slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/invoice_details.html", {"party": party, **forms}, status=status)


def _all_valid(forms):
    """Every form is asked, so that the page shows all that is wrong."""
    return not [name for name, form in forms.items() if not form.is_valid()]


def _detail_forms(data, party):
    known = InvoiceParty.objects.filter(municipality=party).first() or InvoiceParty(municipality=party)
    return {
        "numbers": NumbersForm(data, instance=party),
        "details": PartyForm(data, instance=known, municipality=party),
        "strings": AccountStringsForm(data, municipality=party, prefix="strings"),
    }


@transaction.atomic
def _store(forms, party, *, by):
    for form in forms.values():
        form.save()
    changed = [name for form in forms.values() for name in form.changed_data]
    AuditEntry.objects.record(
        "invoice_details_changed", municipality_id=party.pk, actor=by, subject=party.slug, fields=changed
    )


def _invoice(request, invoice_number):
    found = Invoice.objects.granted(request.user, "read_entries").numbered(invoice_number)
    return get_object_or_404(found.select_related("series", "municipality", "period", "issued_by", "preceding__series"))


def _waiting():
    """(month, municipality) of closed months whose settlement is not issued, oldest first."""
    members = list(Municipality.objects.members())
    settled = set(
        Invoice.objects.filter(kind=Invoice.Kind.SETTLEMENT, source__startswith="settlement/")
        .exclude(followers__source__startswith="credit/")
        .values_list("period_id", "municipality_id")
    )
    closed = Period.objects.filter(state=Period.State.CLOSED).order_by("month")
    waiting = [(period, [m for m in members if (period.pk, m.pk) not in settled]) for period in closed]
    return [(period, owners) for period, owners in waiting if owners]


def _instalments():
    """What the plans ask for on account up to the month that runs, and that is not invoiced, oldest first."""
    issued = set(
        Invoice.objects.filter(kind=Invoice.Kind.ON_ACCOUNT, source__startswith="on_account/")
        .exclude(followers__source__startswith="credit/")
        .values_list("municipality_id", "first_day")
    )
    asked = Instalment.objects.filter(month__lte=timezone.localdate()).select_related("municipality").order_by("month")
    return [row for row in asked if (row.municipality_id, row.month) not in issued]


def _drafted(draft, seller, lacks, *, is_early):
    if draft.kind == Invoice.Kind.SETTLEMENT and draft.period:
        is_early = draft.period.state != Period.State.CLOSED
    context = {"draft": draft, "seller": seller, "lacks": lacks, "is_early": is_early}
    if seller.vat_mode:
        treatment = issuing.treatment_for(seller)
        net_ore = abs(draft.amount_ore)
        vat_ore = vat_of(net_ore, treatment)
        context |= {"treatment": treatment, "net_ore": net_ore, "vat_ore": vat_ore, "gross_ore": net_ore + vat_ore}
    source = draft.source
    context["earlier"] = Invoice.objects.filter(municipality=draft.municipality, source=source).first()
    return context
