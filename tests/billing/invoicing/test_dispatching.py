"""Files on their way to the access point: once each, tried again, with a receipt, and never inside a transaction."""

import http.server
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from billing import tasks
from billing.invoicing import access_point, dispatching, drafts, issuing
from billing.models import InvoiceDispatch
from servicecenter.tenancy.scope import current_scope
from tests.billing.invoicing.community import AT, OCTOBER, Community

pytestmark = pytest.mark.django_db


def invoiced():
    community = Community()
    community.close_october()
    return community, issuing.issue(drafts.of_month(community.egedal, OCTOBER), by=community.lone, at=AT)


def sent(community, invoice, file_format="oioubl"):
    return dispatching.send(invoice, file_format=file_format, by=community.lone, at=AT)


def run(dispatch):
    tasks.hand_over_invoice(dispatch.pk, scope=list(current_scope().municipalities))
    dispatch.refresh_from_db()
    return dispatch


@pytest.fixture
def folder(settings, tmp_path):
    settings.ACCESS_POINT_FOLDER = str(tmp_path)
    return tmp_path


@pytest.fixture
def access_point_server(settings):
    """Somebody else's system: answers what it is told to, and remembers what it got."""
    got, answers = [], []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), body))
            status, text = answers.pop(0) if answers else (202, b'{"status": "accepted", "id": "NH-1"}')
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ACCESS_POINT_URL = f"http://127.0.0.1:{server.server_port}/in"
    yield got, answers
    server.shutdown()
    server.server_close()


def test_a_file_is_laid_whole_into_the_folder_and_its_receipt_read(folder):
    community, invoice = invoiced()
    dispatch = run(sent(community, invoice))

    (file,) = (folder / "out").iterdir()
    assert file.name == f"{invoice.uuid}.xml"
    assert file.read_text() == invoice.files.get(format="oioubl").content
    assert dispatch.state == "handed_over"

    tasks.sweep_invoices()
    dispatch.refresh_from_db()
    assert dispatch.state == "handed_over"

    (folder / "receipts").mkdir()
    (folder / "receipts" / f"{invoice.uuid}.json").write_text('{"status": "delivered", "id": "NH-77"}')
    tasks.sweep_invoices()
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.receipt) == ("received", "NH-77")
    assert dispatch.receipt_at is not None


def test_a_refusal_in_the_folder_lets_the_file_be_sent_again(folder):
    community, invoice = invoiced()
    dispatch = run(sent(community, invoice))
    (folder / "receipts").mkdir()
    receipt = folder / "receipts" / f"{invoice.uuid}.json"
    receipt.write_text('{"status": "rejected", "message": "Ukendt GLN"}')

    tasks.sweep_invoices()

    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.fault) == ("refused", "Ukendt GLN")
    receipt.unlink()
    assert run(sent(community, invoice)).state == "handed_over"


def test_a_file_is_posted_with_its_key_and_the_answer_is_the_receipt(access_point_server, settings):
    settings.ACCESS_POINT_TOKEN = "hemmelig"
    got, _answers = access_point_server
    community, invoice = invoiced()

    dispatch = run(sent(community, invoice, "peppol"))

    headers, body = got[0]
    assert (headers["Idempotency-Key"], headers["Authorization"]) == (str(invoice.uuid), "Bearer hemmelig")
    assert body.decode() == invoice.files.get(format="peppol").content
    assert (dispatch.state, dispatch.receipt) == ("received", "NH-1")


@pytest.mark.parametrize(
    ("answer", "state"),
    [((503, b"busy"), "waiting"), ((429, b""), "waiting"), ((401, b""), "waiting"), ((302, b""), "waiting"),
     ((422, b"wrong GLN"), "refused"), ((200, b'{"status": "rejected", "message": "nej"}'), "refused"),
     ((200, b""), "received"), ((200, b"[1]"), "received")],
)  # fmt: skip
def test_each_answer_of_the_access_point_has_its_meaning(access_point_server, answer, state):
    access_point_server[1].append(answer)
    community, invoice = invoiced()

    dispatch = run(sent(community, invoice))

    assert dispatch.state == state
    if state == "waiting":
        assert dispatch.next_at > timezone.now()
        assert dispatch.fault
    if answer[0] == 302:
        assert len(access_point_server[0]) == 1


def test_a_failed_attempt_is_made_again_when_it_is_due(access_point_server):
    access_point_server[1].append((503, b"busy"))
    community, invoice = invoiced()
    dispatch = run(sent(community, invoice))
    assert run(dispatch).state == "waiting"  # not due yet
    assert len(access_point_server[0]) == 1

    InvoiceDispatch.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    tasks.sweep_invoices()

    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.attempts) == ("received", 2)


def test_a_second_run_finds_it_settled_and_stops(access_point_server):
    community, invoice = invoiced()
    dispatch = run(sent(community, invoice))
    run(dispatch)

    assert len(access_point_server[0]) == 1


def test_a_file_goes_once(folder):
    community, invoice = invoiced()
    sent(community, invoice)

    with pytest.raises(dispatching.AlreadyOnItsWay):
        sent(community, invoice, "peppol")


def test_without_an_access_point_there_is_nowhere_to_send():
    community, invoice = invoiced()

    with pytest.raises(dispatching.NoAccessPoint):
        sent(community, invoice)


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.ACCESS_POINT_FOLDER = str(tmp_path / "file")
    community, invoice = invoiced()

    dispatch = run(sent(community, invoice))

    assert dispatch.state == "waiting"
    assert "file" in dispatch.fault


@pytest.mark.parametrize("address", ["http://ap.example/in", "ftp://ap.example", "file:///etc/passwd"])
def test_an_unprotected_address_is_refused(settings, address):
    settings.ACCESS_POINT_URL = address

    with pytest.raises(ImproperlyConfigured):
        access_point.check_settings()


def test_what_a_dispatch_carries_never_changes(folder):
    community, invoice = invoiced()
    sent(community, invoice)

    for change in ("SET format = 'peppol'", "SET created_by_id = created_by_id + 1"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE billing_invoicedispatch {change}")
