"""Take the README's pictures of a running demo (`make demo` in another terminal), signed in as its lead engineer."""

import os
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from portal.demo.cast import PASSWORD

PICTURES = Path(__file__).parent / "pictures"
URL = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


def signed_in(browser: Browser, username: str, width: int, height: int, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=URL, color_scheme=scheme, device_scale_factor=1
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def shoot(page: Page, name: str, path: str = "", full: bool = True) -> None:
    if path:
        page.goto(path)
    page.wait_for_load_state("networkidle")
    time.sleep(1.0)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=full)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        manager = signed_in(browser, "katrin.vogel", 1440, 900)
        for name, path in (("portfolio", "/"), ("money", "/money/"), ("what-if", "/what-if/")):
            shoot(manager, name, path)
        page = signed_in(browser, "lena.hoffmann", 1440, 900)
        shoot(page, "project", "/projects/TRI/")
        shoot(page, "submit", "/projects/TRI/jobs/new/?recipe=image-classifier")
        page.get_by_label("Epochs").fill("120")
        page.get_by_role("button", name="Submit job").click()
        page.wait_for_url(lambda url: "/jobs/TRI-" in url)
        page.get_by_text("Running").first.wait_for(timeout=60_000)
        time.sleep(8)
        page.screenshot(path=PICTURES / "run.png", full_page=True)
        phone = signed_in(browser, "lena.hoffmann", 390, 844, "dark")
        shoot(phone, "phone", page.url.removeprefix(URL), full=False)
        browser.close()


if __name__ == "__main__":
    main()
