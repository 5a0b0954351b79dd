import { expect, test } from "@playwright/test";
import { complaints, ready, serious, someAd, VIEWS } from "./page";

for (const lang of ["es", "en"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${lang}, ${colorScheme}`, () => {
      test.use({ colorScheme });
      for (const view of [...VIEWS, "an ad"]) {
        test(`${view} has no serious fault of access, no error, and fits a phone`, async ({ page }) => {
          const found = complaints(page);
          const address = view === "an ad" ? await someAd(page) : view;
          await page.goto(`${address}${address.includes("?") ? "&" : "?"}lang=${lang}`);
          await ready(page);
          await expect(page.locator("html")).toHaveAttribute("lang", lang);
          await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
          expect(await serious(page)).toEqual([]);
          await page.setViewportSize({ width: 380, height: 800 });
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380);
          expect(await serious(page)).toEqual([]);
          expect(found).toEqual([]);
        });
      }
    });
  }
}

test("language, theme and place hold through a reload", async ({ page }) => {
  await page.goto("/skills?country=MX&period=12m");
  await ready(page);
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.getByRole("link", { name: "Overview" })).toBeVisible();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByLabel("in", { exact: true })).toHaveValue("MX");
});

test("the keyboard leads everywhere", async ({ page }) => {
  await page.goto("/");
  await ready(page);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page).toHaveURL(/\/ads/);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});
