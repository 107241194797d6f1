import os
import re
from datetime import timedelta

import pytest
from celery import current_app
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    MONDAY,
    make_agent,
    make_category,
    make_director,
    make_municipality,
    make_queue,
    make_requester,
    make_ticket,
)
from tickets import attachments, lifecycle
from tickets.models import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
ZIP = b"PK\x03\x04" + b"\0" * 30


def upload(name="fejl.png", content=PNG):
    return SimpleUploadedFile(name, content)


def stored(ticket, *uploads, message=None):
    return attachments.store(ticket, uploads or [upload()], by=ticket.requester, message=message, at=MONDAY)[0]


def address(attachment):
    return reverse("tickets:attachment", args=[attachment.token])


@pytest.mark.parametrize(
    ("name", "content", "served_as"),
    [
        ("fejl.PNG", PNG, "image/png"),
        ("foto.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        ("brev.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("brev.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("filer.zip", ZIP, "application/zip"),
        ("log.txt", "Fejl på linje 7\r\n".encode(), "text/plain"),
        ("gammel.log", "Fejl på linje 7".encode("latin-1"), "text/plain"),
        ("tal.csv", b"a;b\n1;2\n", "text/csv"),
    ],
)
def test_a_file_is_what_its_content_and_its_name_agree_on(name, content, served_as):
    assert attachments.check(upload(name, content)).served_as == served_as


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.exe", b"MZ\x90\x00"),
        ("virus.png", b"MZ\x90\x00" + b"\0" * 60),
        ("side.html", b"<script>alert(1)</script>"),
        ("side.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("side.png", b"<html><script>alert(1)</script>"),
        ("fejl.pdf", PNG),
        ("fejl.txt", PNG),
        ("binær.txt", b"a\0b"),
        ("fejl", PNG),
        ("fejl.png.exe", PNG),
    ],
)
def test_anything_else_is_refused_by_name(name, content):
    with pytest.raises(ValidationError, match=re.escape(name)):
        attachments.check(upload(name, content))


def test_a_file_over_the_limit_is_refused(settings):
    settings.ATTACHMENT_MAX_BYTES = len(PNG)
    attachments.check(upload())
    with pytest.raises(ValidationError, match=re.escape("fejl.png")):
        attachments.check(upload(content=PNG + b"\0"))


@pytest.mark.django_db
def test_a_file_lies_under_a_name_nobody_can_guess(settings):
    ticket = make_ticket()
    first, second = stored(ticket), stored(ticket)
    assert first.token != second.token
    assert len(first.token) == 43
    assert first.file.name == f"{first.token[:2]}/{first.token}"
    assert (settings.MEDIA_ROOT / first.file.name).read_bytes() == PNG
    assert first.sha256 == "629f4275ec7728373546c2565e62bc8bfa5577c1d8aa82a340c0436aa5c4eccf"
    assert (first.municipality_id, first.name, first.size) == (ticket.municipality_id, "fejl.png", len(PNG))


@pytest.mark.django_db
def test_a_long_name_is_cut_and_keeps_its_ending():
    attachment = stored(make_ticket(), upload("å" * 240 + ".png"))
    assert (len(attachment.name), attachment.name[-5:]) == (200, "å.png")


@pytest.mark.django_db
def test_a_download_is_never_shown_or_run_by_the_browser(client):
    ticket = make_ticket()
    attachment = stored(ticket, upload("rød fejl.png"))
    client.force_login(ticket.requester)
    response = client.get(address(attachment))
    assert b"".join(response.streaming_content) == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''r%C3%B8d%20fejl.png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"


def may_read(client, person, attachment):
    client.force_login(person)
    response = client.get(address(attachment))
    return response.status_code == 200 and b"".join(response.streaming_content) == PNG


@pytest.mark.django_db
def test_a_file_opens_for_who_may_read_the_ticket(client):
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    ticket = make_ticket(nordby)
    attachment = stored(ticket)
    people = {
        "requester": ticket.requester,
        "agent": make_agent(nordby),
        "colleague": make_requester(nordby),
        "director": make_director(nordby),
        "other queue": make_agent(nordby, queues=[make_queue("net")]),
        "other municipality": make_agent(sydby),
        "foreign requester": make_requester(sydby),
    }
    assert [name for name, person in people.items() if may_read(client, person, attachment)] == ["requester", "agent"]


@pytest.mark.django_db
def test_a_file_on_an_internal_note_is_the_desks_alone(client):
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    note = lifecycle.note(ticket, by=agent, body="Se her.", at=MONDAY)
    reply = lifecycle.reply(ticket, by=agent, body="Se her.", at=MONDAY)
    on_note, on_reply = stored(ticket, message=note), stored(ticket, message=reply)
    assert [may_read(client, agent, one) for one in (on_note, on_reply)] == [True, True]
    assert [may_read(client, ticket.requester, one) for one in (on_note, on_reply)] == [False, True]
    page = client.get(reverse("tickets:ticket", args=[ticket.number])).content.decode()
    assert on_note.token not in page
    assert on_reply.token in page


@pytest.mark.django_db
def test_nobody_unknown_gets_a_file(client):
    attachment = stored(make_ticket())
    assert client.get(address(attachment)).status_code == 302
    client.force_login(make_requester(make_municipality("Sydby")))
    assert client.get(reverse("tickets:attachment", args=["x" * 43])).status_code == 404


@pytest.mark.django_db
def test_a_refused_upload_keeps_the_typed_text_and_files_nothing(client, settings):
    settings.ATTACHMENT_MAX_BYTES = 100
    person = make_requester(make_municipality())
    make_category("print")
    client.force_login(person)
    typed = {"category": "print", "subject": "Printeren", "description": "Min lange forklaring"}
    files = [upload(), upload("stor.png", PNG + b"\0" * 100)]
    response = client.post(reverse("tickets:file"), typed | {"impact": 3, "urgency": 2, "files": files})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["files"]
    assert "Min lange forklaring" in response.content.decode()
    assert "stor.png" in response.content.decode()
    assert not person.tickets.exists()
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_at_most_ten_files_at_a_time(client):
    ticket = make_ticket()
    client.force_login(ticket.requester)
    response = client.post(reverse("tickets:add_files", args=[ticket.number]), {"files": [upload() for _ in range(11)]})
    assert response.status_code == 422
    assert not ticket.attachments.exists()


def days_ago(path, days):
    instant = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(default_storage.path(path), (instant, instant))


@pytest.mark.django_db
def test_a_file_of_a_rolled_back_transaction_is_swept_after_a_day_and_no_other():
    ticket = make_ticket()
    kept = stored(ticket)
    with transaction.atomic():
        lost, young = stored(ticket), stored(ticket)
        transaction.set_rollback(True)
    stranger = default_storage.save("regnskab/2026.txt", ContentFile(b"7"))
    for path in (kept.file.name, lost.file.name, stranger):
        days_ago(path, 2)
    assert attachments.sweep(now=timezone.now()) == 1
    there = {path: default_storage.exists(path) for path in (kept.file.name, lost.file.name, young.file.name, stranger)}
    assert list(there.values()) == [True, False, True, True]
    assert attachments.sweep(now=timezone.now()) == 0


@pytest.mark.django_db
def test_a_store_of_another_database_is_not_swept():
    with transaction.atomic():
        lost = stored(make_ticket())
        transaction.set_rollback(True)
    days_ago(lost.file.name, 2)
    assert attachments.sweep(now=timezone.now()) == 0
    assert default_storage.exists(lost.file.name)


def test_the_sweep_runs_each_night(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["sweep-files"]
    current_app.loader.import_default_modules()
    assert entry["task"] in current_app.tasks
