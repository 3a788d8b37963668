"""The page in a real browser, before the real suite: API, engine, bots and a worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.commons.browser import chromium, page_of, suite
from tests.tiny_pipeline import save

pytestmark = [pytest.mark.page, pytest.mark.torch]

PICTURE_MS = 90_000
DRAWN = "[data-thread]:first-child .reply img"
FAINT_TEXT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => colour.slice(0, 3)
    .map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".unseen")) continue;
    const style = getComputedStyle(element);
    const [front, back] = [light(rgba(style.color)), light(ground(element))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${element.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, .pages a, .idea, input:not([type=hidden])")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
  .map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    chromium()
    model = save(tmp_path_factory.getbasetemp() / "page-model")
    with suite(tmp_path_factory.mktemp("page"), model) as found:
        yield found


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


async def tab_to(page: Page, wanted: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await focused(page) == wanted:
            return
    raise AssertionError(f"{wanted} is not reached by keyboard")


async def test_a_mention_is_written_drawn_and_voted_on_by_keyboard_alone(address: str) -> None:
    async with page_of(address) as page:
        await page.goto(address)
        await expect(page.get_by_text("Volunteers' machines can see prompts and pictures").first).to_be_visible()
        await tab_to(page, "text")
        await page.keyboard.press("End")
        await page.keyboard.type("a red heart")
        await expect(page.locator("#price")).to_contain_text("kudos. You would have −")
        await tab_to(page, "Post")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-thread]:first-child > .said")).to_have_text("@horde draw for me a red heart")
        await expect(page.locator("[data-way] progress")).to_be_visible()
        picture = page.locator(DRAWN)
        await picture.wait_for(timeout=PICTURE_MS)
        await expect(picture).to_have_attribute("alt", "AI generated picture: a red heart")
        await page.wait_for_function(f"document.querySelector('{DRAWN}').naturalWidth > 0")
        await expect(page.locator("#news")).to_have_text("The picture is here. AI generated picture: a red heart")
        await expect(page.locator(".purse [data-balance]")).to_contain_text("−")
        await expect(page.locator("[data-way]")).to_have_count(0)
        up = page.locator("[data-thread]:first-child .vote.up")
        await up.focus()
        await page.keyboard.press("Enter")
        await expect(up).to_have_attribute("aria-pressed", "true")
        await expect(up).to_have_text("1")
        await page.reload()
        await expect(up).to_have_attribute("aria-pressed", "true")
        await page.goto(f"{address}/showcase")
        await expect(page.locator(".tile .vote.up").first).to_have_attribute("aria-pressed", "true")
        await page.goto(f"{address}/status")
        await expect(page.get_by_text("The books add up")).to_be_visible()


async def test_others_see_it_without_reloading(address: str) -> None:
    async with page_of(address) as writer, page_of(address) as watcher:
        await watcher.goto(address)
        await writer.goto(address)
        await writer.fill("#text", "only a note, for everyone")
        await writer.keyboard.press("Control+Enter")
        await expect(watcher.get_by_text("only a note, for everyone")).to_be_visible()


async def test_an_error_keeps_the_text_and_the_focus(address: str) -> None:
    async with page_of(address) as page:
        await page.goto(address)
        await page.fill("#text", "@horde draw for me a cat style: sketsh")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.locator("#trouble")).to_contain_text("sketch")
        assert await page.input_value("#text") == "@horde draw for me a cat style: sketsh"
        assert await focused(page) == "text"


async def test_it_works_without_javascript(address: str) -> None:
    async with page_of(address, javascript=False) as page:
        await page.goto(address)
        await page.fill("#text", "<b>bold</b> words, no script")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.locator("[data-thread]:first-child .said")).to_have_text("<b>bold</b> words, no script")
        await page.goto(address)
        await page.click("#account summary")
        await page.fill("#guest-name", "Mira")
        await page.click("button:has-text('Save')")
        await expect(page.locator(".mine-name")).to_have_text("Mira")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width_px", "height_px"), [(320, 640), (390, 844), (1280, 900)])
async def test_it_fits_phone_and_desk_in_light_and_dark(
    address: str, tmp_path: Path, scheme: Literal["light", "dark"], width_px: int, height_px: int
) -> None:
    async with page_of(address, scheme=scheme, width_px=width_px, height_px=height_px) as page:
        for path in ("/", "/showcase", "/status"):
            await page.goto(f"{address}{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width_px
            assert await page.evaluate(FAINT_TEXT) == []
            assert await page.evaluate(SMALL_TARGETS) == []
            ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (ground == "rgb(12, 21, 18)") is (scheme == "dark")
        shot = tmp_path / "page.png"
        await page.screenshot(path=shot)
        assert shot.stat().st_size > 10_000


async def test_a_picture_is_replied_to(address: str) -> None:
    """The page told people to reply to a picture, and had nothing to do it with."""
    async with page_of(address) as page:
        await page.goto(address)
        await page.fill("#text", "@horde draw for me a blue apple")
        await page.keyboard.press("Control+Enter")
        await page.locator(DRAWN).wait_for(timeout=PICTURE_MS)
        await page.locator("[data-thread]:first-child .reply [data-answer]").click()
        await expect(page.locator("#answering")).to_be_visible()
        assert await focused(page) == "text"
        await page.keyboard.type("vary with a hat")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("[data-thread]:first-child .reply img")).to_have_count(2, timeout=PICTURE_MS)
        await expect(page.locator("#answering")).to_be_hidden()


async def test_a_reply_needs_no_javascript(address: str) -> None:
    async with page_of(address, javascript=False) as page:
        await page.goto(address)
        await page.fill("#text", "a note to reply to")
        await page.get_by_role("button", name="Post", exact=True).click()
        await page.locator("[data-thread]:first-child [data-answer]").click()
        assert await page.input_value("#text") == "@horde "
        await page.fill("#text", "my reply to it")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.locator("[data-thread]:first-child .reply .said")).to_have_text("my reply to it")
