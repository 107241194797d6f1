"""A page under watch: whatever the browser complains about fails the test."""

from pathlib import Path

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# Without preload: axe would copy the style sheets inline, which the policy rightly refuses.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False}
WIDTHS = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


class Reader:
    """Somebody at the desk with a browser; `complaints` are console errors, broken scripts and breaches of the CSP."""

    def __init__(self, page, address):
        self.page, self.address, self.complaints = page, address, []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"{request.url} {request.failure}"))

    def open(self, path):
        self.page.goto(self.address + path)
        self.check()

    def sign_in(self, person, password):
        self.open("/log-ind/")
        self.page.check(f"input[name=municipality][value={person.municipality.slug}]", force=True)
        self.page.fill("input[name=email]", person.email)
        self.page.fill("input[name=password]", password)
        self.press("main form button")

    def press(self, selector):
        """Follow a link or button to the page it leads to."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.check()

    def check(self):
        """The page is accessible, fits its width and complains of nothing."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        problems = [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]
        assert not problems, problems
        widths = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], f"{self.page.url} is wider than the window: {widths}"
        assert not self.complaints, self.complaints
