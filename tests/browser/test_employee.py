import pytest

from servicecenter.tenancy.scope import tenant_scope
from tickets import lifecycle
from tickets.models import Ticket

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


def file_with_a_picture(reader, language, tmp_path):
    picture = tmp_path / "fejl.png"
    picture.write_bytes(PNG)
    reader.open(f"{language}/sager/ny/?kategori=print")
    reader.page.fill("[name=subject]", "Printeren på 2. sal blinker")
    reader.page.fill("[name=description]", "Den blinker rødt og skriver fejl 51.")
    reader.page.set_input_files("[name=files]", picture)
    reader.press("main form button.button-primary")
    assert reader.page.locator("main").get_by_text("Printeren på 2. sal blinker").count() > 0


@pytest.mark.parametrize("language", ["", "/en"], ids=["danish", "english"])
def test_an_employee_files_a_ticket_and_follows_it_to_the_end(reader, desk, tmp_path, language):
    scope = (desk.municipality.pk, desk.agent.municipality_id)
    reader.sign_in(desk.employee, desk.password)
    reader.open(f"{language}/")
    file_with_a_picture(reader, language, tmp_path)

    with tenant_scope(*scope):
        ticket = Ticket.objects.get(subject="Printeren på 2. sal blinker")
        filed = (ticket.requester, ticket.attachments.get().name, ticket.channel)
        assert filed == (desk.employee, "fejl.png", "portal")
        lifecycle.reply(ticket, by=desk.agent, body="Hvilken printer er det?", and_wait=True)
    reader.open(f"{language}/sager/{ticket.number}/")
    assert reader.page.get_by_text("Hvilken printer er det?").count() > 0
    reader.page.fill("main [name=body]", "Den ved køkkenet.")
    reader.press(".sd-ask form button.button-primary")

    with tenant_scope(*scope):
        ticket.refresh_from_db()
        assert (ticket.status, ticket.messages.last().body) == ("open", "Den ved køkkenet.")
        lifecycle.resolve(ticket, by=desk.agent, solution="Vi har skiftet toner.")
    reader.open(f"{language}/sager/{ticket.number}/")
    reader.press("a[href$='/luk/']")
    reader.press("main form button.button-primary")
    reader.open(f"{language}/sager/")
    with tenant_scope(*scope):
        ticket.refresh_from_db()
        assert ticket.status == "closed"


def test_a_mistake_keeps_what_was_typed_and_says_how_to_mend_it(reader, desk):
    page = reader.page
    reader.sign_in(desk.employee, desk.password)
    reader.open("/sager/ny/")
    page.fill("[name=description]", "Jeg glemte at vælge et emne.")
    reader.complaints.clear()
    with page.expect_navigation():
        page.locator("main form button.button-primary").first.click()
    reader.complaints[:] = [said for said in reader.complaints if "422" not in said]
    reader.check()
    assert page.input_value("[name=description]") == "Jeg glemte at vælge et emne."
    assert page.locator(".form-error-message").count() == 2


def test_a_wrong_password_is_told_without_a_trace_of_who_exists(reader, desk):
    page = reader.page
    texts = []
    for email in (desk.employee.email, "ingen@egedal.example"):
        reader.open("/log-ind/")
        page.check("input[name=municipality][value=egedal]", force=True)
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", "forkert")
        with page.expect_navigation():
            page.locator("main form button").first.click()
        texts.append(page.locator("main .alert").inner_text())
        reader.complaints.clear()  # Chromium notes the status 422
    assert texts[0] == texts[1]
